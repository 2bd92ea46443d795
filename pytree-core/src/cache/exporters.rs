//! `DynamicCache` as the exporters package of `transformers` 5.23 flattens it.

use super::{CacheTensor, DynamicCache};
use crate::spec::python_text;
use crate::{Context, DType, Device, Family, Kind, Node, OwnedTree, PyTree, Retype, Source, UnflattenError};
use crate::{Visitor, VisitorMut, VisitorOwned};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::ops::ControlFlow;

/// The serialized name: unlike that of other registrations, with a colon.
const NAME: &str = "transformers.cache_utils:DynamicCache";

/// A cache that grows with every token, flattened by the exporters package of `transformers` 5.23: keys and values of each
/// layer in turn, numbered, with a description of the whole object as context.
///
/// Of the objects that package can describe this is the one with plain layers (`DynamicLayer`), all of one element type on
/// one device.
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
    /// The element type that the description names.
    pub dtype: DType,
    /// The device that the description names.
    pub device: Device,
}

impl<T: CacheTensor> ExportersCache<T> {
    /// A cache of these keys and values; element type and device are those of the first, or `f32` on the CPU without any.
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
        super::make_dynamic_cache(cache.layers)
    }
}

impl<T> ExportersCache<T> {
    fn context(&self) -> Context {
        context(self.layers.len(), self.dtype, self.device)
    }
}

/// The description of a cache of so many layers.
fn context(layers: usize, dtype: DType, device: Device) -> Context {
    let (dtype, device) = (dtype.to_string(), device.to_string());
    let layer = |i: usize| {
        json!({"_t": "obj", "p": "transformers.cache_utils:DynamicLayer", "s": {
            "keys": {"_t": "tensor", "i": 2 * i},
            "values": {"_t": "tensor", "i": 2 * i + 1},
            "is_initialized": true,
            "dtype": {"_t": "dtype", "n": dtype},
            "device": {"_t": "device", "s": device},
        }})
    };
    let layers: Vec<Value> = (0..layers).map(layer).collect();
    let description = json!({"_t": "obj", "p": NAME, "s": {
        "layers": layers,
        "layer_class_to_replicate": {"_t": "type", "p": "transformers.cache_utils:DynamicLayer"},
        "offloading": false,
    }});
    // The class has no dump function: its context is JSON inside a JSON text.
    Context::Custom { name: Cow::Borrowed(NAME), context: Value::String(python_text(&description)) }
}

/// Element type and device of a description, which is otherwise the one that [`context`] writes.
fn described(context: &Context) -> Option<(DType, Device)> {
    let Context::Custom { name, context } = context else { return None };
    let description: Value = serde_json::from_str(context.as_str().filter(|_| name == NAME)?).ok()?;
    let layers = description.pointer("/s/layers")?.as_array()?;
    let Some(first) = layers.first() else { return Some((DType::Float32, Device::Cpu)) };
    let text = |pointer| first.pointer(pointer).and_then(Value::as_str);
    Some((text("/s/dtype/n")?.parse().ok()?, text("/s/device/s")?.parse().ok()?))
}

impl<F: Family, T: PyTree<F>> PyTree<F> for ExportersCache<T> {
    fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
        if v.enter(&Node::Context(&self.context(), 2 * self.layers.len()))? {
            for (i, (key, value)) in self.layers.iter().enumerate() {
                v.child(2 * i);
                key.walk(v)?;
                v.child(2 * i + 1);
                value.walk(v)?;
            }
            v.exit()?;
        }
        ControlFlow::Continue(())
    }
}

impl<F: Family, T: OwnedTree<F>> OwnedTree<F> for ExportersCache<T> {
    fn walk_mut<V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
        self.layers.iter_mut().try_for_each(|(key, value)| {
            key.walk_mut(v)?;
            value.walk_mut(v)
        })
    }

    fn into_walk<V: VisitorOwned<F>>(self, v: &mut V) -> ControlFlow<V::Break> {
        v.enter(&Node::Context(&self.context(), 2 * self.layers.len()))?;
        self.layers.into_iter().try_for_each(|(key, value)| {
            key.into_walk(v)?;
            value.into_walk(v)
        })?;
        v.exit()
    }

    fn rebuild<S: Source<F>>(source: &mut S) -> Result<Self, UnflattenError> {
        let (found, arity) = source.context(Kind::Custom)?;
        // A description of anything else, or with more in it, would come out as another one.
        let known = described(&found).filter(|(dtype, device)| context(arity / 2, *dtype, *device) == found);
        let Some((dtype, device)) = known.filter(|_| arity % 2 == 0) else {
            return Err(source.bad_node(&format!("a custom node `{NAME}` that describes plain layers")));
        };
        let layers = (0..arity / 2).map(|_| Ok((T::rebuild(source)?, T::rebuild(source)?)));
        Ok(ExportersCache { layers: layers.collect::<Result<_, UnflattenError>>()?, dtype, device })
    }
}

impl<T: Retype> Retype for ExportersCache<T> {
    type As<U> = ExportersCache<T::As<U>>;
}
