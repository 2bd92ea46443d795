//! `StaticCache` in the description of the exporters package.

use super::{Exported, device, dtype, object, placed, state, tensor};
use crate::cache::{CacheError, CacheTensor};
use crate::{DType, Device};
use serde_json::{Value, json};

/// A cache of fixed length, flattened by the exporters package of `transformers` 5.23: into the keys, the values and
/// the number of written states of each layer in turn.
///
/// ```
/// use pytree_core::{DType, TensorMeta, cache::ExportersStaticCache, structure};
/// let (state, count) = (TensorMeta::new(DType::Float32, [1, 8, 16, 64]), TensorMeta::new(DType::Int64, []));
/// let cache = ExportersStaticCache::new([(state.clone(), state, count)])?;
/// assert_eq!(cache.layers[0].max_cache_len, 16);
/// assert_eq!(structure(&cache)?.num_leaves(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ExportersStaticCache<T> {
    /// The layers.
    pub layers: Vec<ExportersStaticLayer<T>>,
}

/// A layer of an [`ExportersStaticCache`] (`StaticLayer`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ExportersStaticLayer<T> {
    /// The keys and values; `None` before the first update.
    pub states: Option<ExportersStates<T>>,
    /// The number of written states: an `int64` tensor without dimensions.
    pub cumulative_length: T,
    /// The number of states that the layer has room for.
    pub max_cache_len: i64,
}

/// The keys and values of a layer, with their description.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ExportersStates<T> {
    /// The keys, `[batch, heads, length, head_dim]`.
    pub key: T,
    /// The values, `[batch, heads, length, head_dim]`.
    pub value: T,
    /// Their element type.
    pub dtype: DType,
    /// Their device.
    pub device: Device,
    /// The size of the batch.
    pub batch_size: i64,
    /// The number of heads.
    pub num_heads: i64,
    /// The size of a value.
    pub v_head_dim: i64,
    /// The size of a key.
    pub k_head_dim: i64,
}

impl<T: CacheTensor> ExportersStaticCache<T> {
    /// A cache of these layers: keys, values and the number of written states of each.
    ///
    /// # Errors
    /// When keys or values do not have four dimensions.
    pub fn new(layers: impl IntoIterator<Item = (T, T, T)>) -> Result<Self, CacheError> {
        let layer = |(key, value, cumulative_length): (T, T, T)| {
            let (keys, values) = (key.meta(), value.meta());
            let ([batch_size, num_heads, max_cache_len, k_head_dim], [.., v_head_dim]) =
                (keys.sizes.as_slice(), values.sizes.as_slice())
            else {
                return Err(CacheError::Rank { rank: keys.rank().min(values.rank()), dim: -4 });
            };
            let states = ExportersStates {
                dtype: keys.dtype,
                device: keys.device,
                batch_size: *batch_size,
                num_heads: *num_heads,
                v_head_dim: *v_head_dim,
                k_head_dim: *k_head_dim,
                key,
                value,
            };
            Ok(ExportersStaticLayer { states: Some(states), cumulative_length, max_cache_len: *max_cache_len })
        };
        Ok(ExportersStaticCache { layers: layers.into_iter().map(layer).collect::<Result<_, _>>()? })
    }
}

const LAYER: &str = "StaticLayer";

impl<T> ExportersStaticLayer<T> {
    fn describe(&self, first: usize) -> Value {
        let Some(states) = &self.states else {
            let state = json!({
                "keys": null,
                "values": null,
                "is_initialized": false,
                "max_cache_len": self.max_cache_len,
                "cumulative_length": tensor(first),
            });
            return object(LAYER, state);
        };
        let state = json!({
            "keys": tensor(first),
            "values": tensor(first + 1),
            "is_initialized": true,
            "max_cache_len": self.max_cache_len,
            "cumulative_length": tensor(first + 2),
            "dtype": dtype(states.dtype),
            "device": device(states.device),
            "batch_size": states.batch_size,
            "num_heads": states.num_heads,
            "v_head_dim": states.v_head_dim,
            "k_head_dim": states.k_head_dim,
        });
        object(LAYER, state)
    }

    /// How many leaves the layer has.
    fn count(&self) -> usize {
        if self.states.is_some() { 3 } else { 1 }
    }

    fn from_state<E>(state: &Value, leaf: &mut impl FnMut() -> Result<T, E>) -> Result<Option<Self>, E> {
        let int = |name| state.get(name).and_then(Value::as_i64);
        let Some(max_cache_len) = int("max_cache_len") else { return Ok(None) };
        if state.get("keys").is_none_or(Value::is_null) {
            return Ok(Some(ExportersStaticLayer { states: None, cumulative_length: leaf()?, max_cache_len }));
        }
        let sizes = || Some((int("batch_size")?, int("num_heads")?, int("v_head_dim")?, int("k_head_dim")?));
        let (Some((dtype, device)), Some(sizes)) = (placed(state), sizes()) else { return Ok(None) };
        let (batch_size, num_heads, v_head_dim, k_head_dim) = sizes;
        let (key, value) = (leaf()?, leaf()?);
        let states = ExportersStates { key, value, dtype, device, batch_size, num_heads, v_head_dim, k_head_dim };
        Ok(Some(ExportersStaticLayer { states: Some(states), cumulative_length: leaf()?, max_cache_len }))
    }
}

impl<T> Exported for ExportersStaticCache<T> {
    type Leaf = T;

    const NAME: &'static str = "transformers.cache_utils:StaticCache";

    fn describe(&self, first: usize) -> Value {
        let mut next = first;
        let layer = |layer: &ExportersStaticLayer<T>| {
            let own = next;
            next += layer.count();
            layer.describe(own)
        };
        let layers: Vec<Value> = self.layers.iter().map(layer).collect();
        object("StaticCache", json!({"layers": layers, "layer_class_to_replicate": null, "offloading": false}))
    }

    fn leaves(&self) -> Vec<&T> {
        let mut leaves = Vec::new();
        for layer in &self.layers {
            leaves.extend(layer.states.iter().flat_map(|states| [&states.key, &states.value]));
            leaves.push(&layer.cumulative_length);
        }
        leaves
    }

    fn leaves_mut(&mut self) -> Vec<&mut T> {
        let mut leaves = Vec::new();
        for layer in &mut self.layers {
            leaves.extend(layer.states.iter_mut().flat_map(|states| [&mut states.key, &mut states.value]));
            leaves.push(&mut layer.cumulative_length);
        }
        leaves
    }

    fn into_leaves(self) -> Vec<T> {
        let mut leaves = Vec::new();
        for layer in self.layers {
            leaves.extend(layer.states.into_iter().flat_map(|states| [states.key, states.value]));
            leaves.push(layer.cumulative_length);
        }
        leaves
    }

    fn from_description<E>(description: &Value, leaf: &mut impl FnMut() -> Result<T, E>) -> Result<Option<Self>, E> {
        let layers = state(description, "StaticCache").and_then(|state| state.get("layers")?.as_array());
        let Some(layers) = layers else { return Ok(None) };
        let mut read = Vec::new();
        for layer in layers {
            let Some(state) = state(layer, LAYER) else { return Ok(None) };
            let Some(layer) = ExportersStaticLayer::from_state(state, leaf)? else { return Ok(None) };
            read.push(layer);
        }
        Ok(Some(ExportersStaticCache { layers: read }))
    }
}

super::tree!(ExportersStaticCache<T>, T);
