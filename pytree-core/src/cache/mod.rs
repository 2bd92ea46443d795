//! The key-value caches of `transformers`, as trees over any tensor.
//!
//! Different versions of the Python packages register the cache classes in different ways, each with another spec. A
//! program can only be opened where its cache is registered as in its spec, so choose the type by who will open the
//! program:
//!
//! | registered by | type | children | context |
//! |---|---|---|---|
//! | transformers 4.50 to 5.0 | [`DynamicCache`] | two lists | `['key_cache', 'value_cache']` |
//! | transformers 5.23, `register_dynamic_cache_export_support` | [`DynamicCache`] with [`windows`](DynamicCache::windows) | two lists | `[['key_cache', 'value_cache'], [None, 8]]` |
//! | transformers 5.23, its exporters package | [`ExportersCache`], [`ExportersStaticCache`], [`ExportersEncoderDecoderCache`] | flat | a description of the object |
//! | onnx-diagnostic from 0.8 on | [`InterleavedCache`], [`StaticCache`], [`SlidingWindowCache`], [`HybridCache`] | flat | `['key_0', 'value_0', ..]` |
//! | onnx-diagnostic | [`EncoderDecoderCache`], [`MambaCache`] | two caches, two lists | their names |
//!
//! ```
//! use pytree_core::{DType, TensorMeta, cache::make_dynamic_cache, structure};
//!
//! let state = |length| TensorMeta::new(DType::Float32, [1, 8, length, 64]);
//! let mut cache = make_dynamic_cache([(state(3), state(3)), (state(3), state(3))]);
//! let (keys, _) = cache.update(0, state(1), state(1))?;
//! assert_eq!(keys.to_string(), "f32[1, 8, 4, 64]");
//! assert_eq!((cache.get_seq_length(0), cache.get_seq_length(1)), (4, 3));
//! let paths: Vec<String> = structure(&cache)?.leaf_paths().map(|path| path.to_string()).collect();
//! assert_eq!(paths, ["['key_cache'][0]", "['key_cache'][1]", "['value_cache'][0]", "['value_cache'][1]"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Keys and values have the sizes `[batch, heads, length, head_dim]`: the length is the second to last dimension.

mod dynamic;
mod encoder_decoder;
mod exporters;
mod interleaved;
mod layer;
mod mamba;
mod tensor;

pub use dynamic::{DynamicCache, make_dynamic_cache};
pub use encoder_decoder::EncoderDecoderCache;
pub use exporters::{
    Exported, ExportersCache, ExportersEncoderDecoderCache, ExportersStates, ExportersStaticCache, ExportersStaticLayer,
};
pub use interleaved::{
    CacheClass, DynamicClass, HybridCache, HybridClass, InterleavedCache, LayeredCache, SlidingWindowCache,
    SlidingWindowClass, StaticCache, StaticClass,
};
pub use layer::{CacheLayer, LayerKind};
pub use mamba::MambaCache;
pub use tensor::{CacheError, CacheTensor};
