//! `EncoderDecoderCache` in the description of the exporters package.

use super::{Exported, object, state};
use indexmap::IndexMap;
use serde_json::{Value, json};

/// The two caches of an encoder-decoder model, flattened by the exporters package of `transformers` 5.23: into the
/// tensors of the first and then those of the second.
///
/// ```
/// use pytree_core::{DType, TensorMeta, cache::{ExportersCache, ExportersEncoderDecoderCache}, structure};
/// let state = || TensorMeta::new(DType::Float32, [1, 8, 3, 64]);
/// let cache = ExportersEncoderDecoderCache {
///     self_attention_cache: ExportersCache::new([(state(), state())]),
///     cross_attention_cache: ExportersCache::new([(state(), state())]),
///     is_updated: [(0, true)].into_iter().collect(),
/// };
/// assert_eq!(structure(&cache)?.num_leaves(), 4);
/// # Ok::<(), pytree_core::TreeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ExportersEncoderDecoderCache<C> {
    /// The cache of the decoder's attention to itself.
    pub self_attention_cache: C,
    /// The cache of the decoder's attention to the encoder.
    pub cross_attention_cache: C,
    /// Whether the second cache of a layer is filled, by the index of the layer.
    pub is_updated: IndexMap<i64, bool>,
}

impl<C: Exported> Exported for ExportersEncoderDecoderCache<C> {
    type Leaf = C::Leaf;

    const NAME: &'static str = "transformers.cache_utils:EncoderDecoderCache";

    fn describe(&self, first: usize) -> Value {
        let second = first + self.self_attention_cache.leaves().len();
        // A dict is written as its items, unless all its keys are strings, which is true of an empty dict.
        let items: Vec<(i64, bool)> = self.is_updated.iter().map(|(layer, updated)| (*layer, *updated)).collect();
        let is_updated = if items.is_empty() { json!({}) } else { json!({"_t": "items", "v": items}) };
        let state = json!({
            "self_attention_cache": self.self_attention_cache.describe(first),
            "cross_attention_cache": self.cross_attention_cache.describe(second),
            "is_updated": is_updated,
        });
        object("EncoderDecoderCache", state)
    }

    fn leaves(&self) -> Vec<&C::Leaf> {
        [&self.self_attention_cache, &self.cross_attention_cache].into_iter().flat_map(C::leaves).collect()
    }

    fn leaves_mut(&mut self) -> Vec<&mut C::Leaf> {
        [&mut self.self_attention_cache, &mut self.cross_attention_cache].into_iter().flat_map(C::leaves_mut).collect()
    }

    fn into_leaves(self) -> Vec<C::Leaf> {
        [self.self_attention_cache, self.cross_attention_cache].into_iter().flat_map(C::into_leaves).collect()
    }

    fn from_description<E>(
        description: &Value,
        leaf: &mut impl FnMut() -> Result<C::Leaf, E>,
    ) -> Result<Option<Self>, E> {
        let Some(state) = state(description, "EncoderDecoderCache") else { return Ok(None) };
        let (first, second) = (&state["self_attention_cache"], &state["cross_attention_cache"]);
        let Some(self_attention_cache) = C::from_description(first, leaf)? else { return Ok(None) };
        let Some(cross_attention_cache) = C::from_description(second, leaf)? else { return Ok(None) };
        let items = state["is_updated"].get("v").cloned().unwrap_or_else(|| json!([]));
        let Ok(items) = serde_json::from_value::<Vec<(i64, bool)>>(items) else { return Ok(None) };
        let is_updated = items.into_iter().collect();
        Ok(Some(ExportersEncoderDecoderCache { self_attention_cache, cross_attention_cache, is_updated }))
    }
}

super::tree!(ExportersEncoderDecoderCache<C>, C::Leaf, Exported);
