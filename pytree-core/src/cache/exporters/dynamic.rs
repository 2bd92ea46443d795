//! `DynamicCache` in the description of the exporters package.

use super::{Exported, device, dtype, object, placed, state, tensor};
use crate::cache::{CacheTensor, DynamicCache, make_dynamic_cache};
use crate::{DType, Device};
use serde_json::{Value, json};

/// A cache that grows with every token, flattened by the exporters package of `transformers` 5.23: into the keys and
/// values of each layer in turn, numbered, with a description of the whole object as context.
///
/// This type holds a cache of plain layers (`DynamicLayer`), all with one element type and on one device. The package
/// can also describe others.
///
/// ```
/// use pytree_core::{DType, TensorMeta, cache::ExportersCache, structure};
/// let state = TensorMeta::new(DType::Float32, [1, 8, 3, 64]);
/// let spec = structure(&ExportersCache::new([(state.clone(), state)]))?;
/// assert_eq!(spec.leaf_path(1).map(|path| path.to_string()).as_deref(), Some("[1]"));
/// # Ok::<(), pytree_core::TreeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ExportersCache<T> {
    /// Keys and values, `[batch, heads, length, head_dim]`, one pair per layer.
    pub layers: Vec<(T, T)>,
    /// The element type in the description.
    pub dtype: DType,
    /// The device in the description.
    pub device: Device,
}

impl<T: CacheTensor> ExportersCache<T> {
    /// A cache of these keys and values. Its element type and device are those of the first key; `float32` and the CPU
    /// if there is none.
    pub fn new(layers: impl IntoIterator<Item = (T, T)>) -> Self {
        let layers: Vec<_> = layers.into_iter().collect();
        let (dtype, device) = match layers.first().map(|(key, _)| key.meta()) {
            Some(meta) => (meta.dtype, meta.device),
            None => (DType::Float32, Device::Cpu),
        };
        ExportersCache { layers, dtype, device }
    }
}

impl<T: CacheTensor> From<DynamicCache<T>> for ExportersCache<T> {
    fn from(cache: DynamicCache<T>) -> Self {
        Self::new(cache.key_cache.into_iter().zip(cache.value_cache))
    }
}

impl<T> From<ExportersCache<T>> for DynamicCache<T> {
    fn from(cache: ExportersCache<T>) -> Self {
        make_dynamic_cache(cache.layers)
    }
}

const LAYER: &str = "DynamicLayer";

impl<T> Exported for ExportersCache<T> {
    type Leaf = T;

    const NAME: &'static str = "transformers.cache_utils:DynamicCache";

    fn describe(&self, first: usize) -> Value {
        let layer = |i: usize| {
            let state = json!({
                "keys": tensor(first + 2 * i),
                "values": tensor(first + 2 * i + 1),
                "is_initialized": true,
                "dtype": dtype(self.dtype),
                "device": device(self.device),
            });
            object(LAYER, state)
        };
        let state = json!({
            "layers": (0..self.layers.len()).map(layer).collect::<Vec<_>>(),
            "layer_class_to_replicate": {"_t": "type", "p": format!("transformers.cache_utils:{LAYER}")},
            "offloading": false,
        });
        object("DynamicCache", state)
    }

    fn leaves(&self) -> Vec<&T> {
        self.layers.iter().flat_map(|(key, value)| [key, value]).collect()
    }

    fn leaves_mut(&mut self) -> Vec<&mut T> {
        self.layers.iter_mut().flat_map(|(key, value)| [key, value]).collect()
    }

    fn into_leaves(self) -> Vec<T> {
        self.layers.into_iter().flat_map(|(key, value)| [key, value]).collect()
    }

    fn from_description<E>(description: &Value, leaf: &mut impl FnMut() -> Result<T, E>) -> Result<Option<Self>, E> {
        let layers = state(description, "DynamicCache").and_then(|state| state.get("layers")?.as_array());
        let Some(layers) = layers else { return Ok(None) };
        let (dtype, device) = match layers.first() {
            None => (DType::Float32, Device::Cpu),
            Some(first) => match state(first, LAYER).and_then(placed) {
                Some(placed) => placed,
                None => return Ok(None),
            },
        };
        let layers = layers.iter().map(|_| Ok((leaf()?, leaf()?))).collect::<Result<_, E>>()?;
        Ok(Some(ExportersCache { layers, dtype, device }))
    }
}

super::tree!(ExportersCache<T>, T);
