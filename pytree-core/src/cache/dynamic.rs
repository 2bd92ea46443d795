//! `DynamicCache` as two lists, as `transformers` itself registers it.

use super::layer::{LENGTH, grow, keep};
use super::tensor::length;
use super::{CacheError, CacheTensor};
use crate::{
    Context, Family, Kind, Mismatch, Names, Node, NodeType, OwnedTree, PyTree, Retype, Source, UnflattenError,
};
use crate::{Visitor, VisitorMut, VisitorOwned};
use std::borrow::Cow;
use std::ops::ControlFlow;

/// A cache that grows with every token: `transformers.cache_utils.DynamicCache`, flattened as `[[keys], [values]]`.
///
/// Its spec is that of transformers 4.50 to 5.0 without windows, and that of transformers 5.23 with them.
///
/// ```
/// use pytree_core::{cache::DynamicCache, DType, TensorMeta, structure};
/// let state = TensorMeta::new(DType::Float32, [2, 4, 3, 7]);
/// let mut cache = DynamicCache { key_cache: vec![state.clone()], value_cache: vec![state], windows: None };
/// assert_eq!(structure(&cache)?.to_string(),
///     "TreeSpec(DynamicCache, ['key_cache', 'value_cache'], [TreeSpec(list, None, [*]),\n  TreeSpec(list, None, [*])])");
/// cache.windows = Some(vec![None]);
/// assert!(structure(&cache)?.to_string().starts_with("TreeSpec(DynamicCache, [['key_cache', 'value_cache'], [None]]"));
/// # Ok::<(), pytree_core::TreeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DynamicCache<T> {
    /// The keys, one tensor `[batch, heads, length, head_dim]` per layer.
    pub key_cache: Vec<T>,
    /// The values, one tensor `[batch, heads, length, head_dim]` per layer.
    pub value_cache: Vec<T>,
    /// The sliding window of each layer, in tokens; `None` for a layer without one. Transformers 5.23 keeps this list
    /// in the context. Older versions have neither the list nor sliding windows.
    pub windows: Option<Vec<Option<u64>>>,
}

/// Makes a [`DynamicCache`] of these keys and values, one pair per layer (`make_dynamic_cache` of onnx-diagnostic).
pub fn make_dynamic_cache<T>(pairs: impl IntoIterator<Item = (T, T)>) -> DynamicCache<T> {
    let (key_cache, value_cache) = pairs.into_iter().unzip();
    DynamicCache { key_cache, value_cache, windows: None }
}

impl<T> Default for DynamicCache<T> {
    fn default() -> Self {
        make_dynamic_cache([])
    }
}

impl<T> DynamicCache<T> {
    /// How many layers hold keys and values.
    pub fn len(&self) -> usize {
        self.key_cache.len().min(self.value_cache.len())
    }

    /// True if no layer holds keys and values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn window(&self, layer: usize) -> Option<u64> {
        self.windows.as_ref().and_then(|windows| windows.get(layer).copied().flatten())
    }
}

impl<T: CacheTensor> DynamicCache<T> {
    /// Adds the states of new tokens to an existing layer or the next one, and returns all keys and values of the layer
    /// (`cache.update(key, value, layer)`).
    ///
    /// The returned tensors are handles to the cache's data. As in transformers, a layer with a sliding window keeps
    /// one state fewer than the window, but returns all states once.
    ///
    /// # Errors
    /// When the layer is beyond the next one, or the states cannot be joined to those of the layer.
    pub fn update(&mut self, layer: usize, key: T, value: T) -> Result<(T, T), CacheError> {
        let (window, layers) = (self.window(layer), self.len());
        if layer > layers || self.key_cache.len() != self.value_cache.len() {
            return Err(CacheError::NoLayer { layer, layers });
        }
        let (Some(old_key), Some(old_value)) = (self.key_cache.get_mut(layer), self.value_cache.get_mut(layer)) else {
            let kept = (keep(&key, window)?, keep(&value, window)?);
            self.key_cache.push(kept.0);
            self.value_cache.push(kept.1);
            if let Some(windows) = &mut self.windows
                && windows.len() <= layer
            {
                windows.push(None);
            }
            return Ok((key, value));
        };
        let ((key, keys), (value, values)) = (grow(old_key, &key, window)?, grow(old_value, &value, window)?);
        (*old_key, *old_value) = (key, value);
        Ok((keys, values))
    }

    /// How many states a layer holds; 0 for one that does not exist (`cache.get_seq_length(layer)`).
    ///
    /// With a sliding window transformers counts all tokens ever seen, which the tensors do not record.
    pub fn get_seq_length(&self, layer: usize) -> i64 {
        self.key_cache.get(layer).map_or(0, |key| length(key, LENGTH).unwrap_or(0))
    }
}

const FIELDS: [&str; 2] = ["key_cache", "value_cache"];

static TYPE: NodeType = NodeType {
    kind: Kind::Mapping,
    name: "transformers.cache_utils.DynamicCache",
    rust_name: "DynamicCache",
    fields: &FIELDS,
};

impl<T> DynamicCache<T> {
    fn context(&self) -> Context {
        let statics = self.windows.as_ref().map(|windows| windows.iter().copied().collect());
        Context::Mapping { name: Cow::Borrowed(TYPE.name), fields: Names::Static(&FIELDS), statics }
    }
}

impl<F: Family, T: PyTree<F>> PyTree<F> for DynamicCache<T> {
    fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
        if v.enter(&Node::Context(&self.context(), 2))? {
            v.child(0);
            self.key_cache.walk(v)?;
            v.child(1);
            self.value_cache.walk(v)?;
            v.exit()?;
        }
        ControlFlow::Continue(())
    }
}

impl<F: Family, T: OwnedTree<F>> OwnedTree<F> for DynamicCache<T> {
    fn walk_mut<V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
        self.key_cache.walk_mut(v)?;
        self.value_cache.walk_mut(v)
    }

    fn into_walk<V: VisitorOwned<F>>(self, v: &mut V) -> ControlFlow<V::Break> {
        v.enter(&Node::Context(&self.context(), 2))?;
        self.key_cache.into_walk(v)?;
        self.value_cache.into_walk(v)?;
        v.exit()
    }

    fn rebuild<S: Source<F>>(source: &mut S) -> Result<Self, UnflattenError> {
        source.node(&TYPE)?;
        let windows = match source.begun() {
            Some(Context::Mapping { statics: Some(windows), .. }) => Some(serde_json::from_value(windows.clone())),
            _ => None,
        };
        let windows = windows
            .transpose()
            .map_err(|e| source.fail(Mismatch::Static { ty: &TYPE, field: "windows", message: e.to_string() }))?;
        Ok(DynamicCache { key_cache: Vec::rebuild(source)?, value_cache: Vec::rebuild(source)?, windows })
    }
}

impl<T: Retype> Retype for DynamicCache<T> {
    type As<U> = DynamicCache<T::As<U>>;
}
