//! Caches as `key_0, value_0, key_1, value_1`, as onnx-diagnostic registers them from 0.8 on.

use super::{CacheError, CacheLayer, CacheTensor, LayerKind};
use crate::{Context, Family, Kind, Mismatch, Names, Node, OwnedTree, PyTree, Retype, Source, UnflattenError};
use crate::{Visitor, VisitorMut, VisitorOwned};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::ControlFlow;

/// A marker for a cache class of `transformers`: the class of a [`LayeredCache`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a class of caches",
    label = "the class of a `LayeredCache` is one of the markers `DynamicClass`, `StaticClass`, `SlidingWindowClass`, `HybridClass`",
    note = "for a class of your own implement `CacheClass` for a marker type"
)]
pub trait CacheClass: 'static {
    /// The serialized name.
    const NAME: &'static str;
    /// The kind of a layer whose names do not contain one.
    const PLAIN: LayerKind;
    /// Whether the names contain the kinds of the layers as soon as one of them is not dynamic.
    const MIXED: bool;
}

macro_rules! class {
    ($($marker:ident $alias:ident $name:literal $plain:expr, $mixed:literal, $doc:literal;)*) => {$(
        #[doc = concat!("The class of [`", stringify!($alias), "`].")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $marker {}

        impl CacheClass for $marker {
            const NAME: &'static str = concat!("transformers.cache_utils.", $name);
            const PLAIN: LayerKind = $plain;
            const MIXED: bool = $mixed;
        }

        #[doc = concat!("`transformers.cache_utils.", $name, "`, flattened layer by layer: ", $doc)]
        pub type $alias<T> = LayeredCache<T, $marker>;
    )*};
}

class! {
    DynamicClass InterleavedCache "DynamicCache" LayerKind::Dynamic, true, "a cache that grows with every token.";
    StaticClass StaticCache "StaticCache" LayerKind::Static, false, "a cache of a fixed length.";
    SlidingWindowClass SlidingWindowCache "SlidingWindowCache" LayerKind::StaticSlidingWindow(0), false,
        "the last tokens of a window (transformers before 5).";
    HybridClass HybridCache "HybridCache" LayerKind::Dynamic, true,
        "layers of a fixed length, some of them windows (transformers before 5).";
}

/// A cache flattened layer by layer, as onnx-diagnostic registers the caches of `transformers`. `C` is its class.
///
/// The names of a cache with layers of several kinds contain the kinds: `key_W8_1` for a sliding window of 8 tokens.
///
/// ```
/// use pytree_core::{cache::{InterleavedCache, LayerKind}, structure, Meta};
/// let mut cache = InterleavedCache::<i64>::new([(1, 2), (3, 4)]);
/// assert_eq!(structure::<Meta, _>(&cache)?.to_string(),
///     "TreeSpec(DynamicCache, ['key_0', 'value_0', 'key_1', 'value_1'], [*,\n  *,\n  *,\n  *])");
/// cache.layers[1].kind = LayerKind::SlidingWindow(8);
/// assert!(structure::<Meta, _>(&cache)?.to_string().contains("['key_D_0', 'value_D_0', 'key_W8_1', 'value_W8_1']"));
/// # Ok::<(), pytree_core::TreeError>(())
/// ```
pub struct LayeredCache<T, C> {
    /// The layers.
    pub layers: Vec<CacheLayer<T>>,
    class: PhantomData<C>,
}

impl<T, C: CacheClass> LayeredCache<T, C> {
    /// A cache of these keys and values, one pair per layer, with layers of the plain kind of the class
    /// (`make_dynamic_cache`, `make_static_cache` and so on, of onnx-diagnostic).
    pub fn new(pairs: impl IntoIterator<Item = (T, T)>) -> Self {
        let layer = |(key, value)| CacheLayer { key, value, kind: C::PLAIN };
        pairs.into_iter().map(layer).collect()
    }

    /// The names of the children.
    fn names(&self) -> Names {
        let plain = !C::MIXED || self.layers.iter().all(|layer| layer.kind == LayerKind::Dynamic);
        let kind = |kind: LayerKind| match kind {
            _ if plain => String::new(),
            LayerKind::Dynamic => "D_".to_owned(),
            LayerKind::Static => "S_".to_owned(),
            LayerKind::SlidingWindow(window) => format!("W{window}_"),
            LayerKind::StaticSlidingWindow(window) => format!("X{window}_"),
        };
        let names = self.layers.iter().enumerate().flat_map(|(i, layer)| {
            let kind = kind(layer.kind);
            [Cow::Owned(format!("key_{kind}{i}")), Cow::Owned(format!("value_{kind}{i}"))]
        });
        names.collect()
    }

    fn context(&self) -> Context {
        Context::Mapping { name: Cow::Borrowed(C::NAME), fields: self.names(), statics: None }
    }
}

impl<T, C> FromIterator<CacheLayer<T>> for LayeredCache<T, C> {
    fn from_iter<I: IntoIterator<Item = CacheLayer<T>>>(layers: I) -> Self {
        LayeredCache { layers: layers.into_iter().collect(), class: PhantomData }
    }
}

impl<T: CacheTensor, C: CacheClass> LayeredCache<T, C> {
    /// Adds the states of new tokens to an existing layer that grows or to the next one, and returns all keys and
    /// values that attention sees (`cache.update(key, value, layer)`).
    ///
    /// # Errors
    /// When the layer is beyond the next one, the states cannot be joined, or the layer has a fixed length.
    pub fn update(&mut self, layer: usize, key: T, value: T) -> Result<(T, T), CacheError> {
        let layers = self.layers.len();
        match self.layers.get_mut(layer) {
            Some(layer) => layer.update(&key, &value),
            None if layer == layers && C::PLAIN == LayerKind::Dynamic => {
                let states = (key.alias(), value.alias());
                self.layers.push(CacheLayer { key, value, kind: C::PLAIN });
                Ok(states)
            }
            None => Err(CacheError::NoLayer { layer, layers }),
        }
    }

    /// Writes the states of new tokens into a layer of fixed length, to which `position` states were written before.
    ///
    /// # Errors
    /// When there is no such layer, the states cannot be written, or the layer grows.
    pub fn update_at(&mut self, layer: usize, position: i64, key: &T, value: &T) -> Result<(T, T), CacheError> {
        let layers = self.layers.len();
        match self.layers.get_mut(layer) {
            Some(layer) => layer.update_at(position, key, value),
            None => Err(CacheError::NoLayer { layer, layers }),
        }
    }

    /// How many states a layer holds; 0 for one that does not exist (`cache.get_seq_length(layer)`).
    ///
    /// For a layer of fixed length this is that length: the tensors do not record how many states are written.
    pub fn get_seq_length(&self, layer: usize) -> i64 {
        self.layers.get(layer).map_or(0, CacheLayer::len)
    }
}

/// The kind of layer `index` by the name of its keys or values, such as `key_W8_1`; `None` for any other name.
fn kind_by_name(name: &str, part: &str, index: usize, plain: LayerKind) -> Option<LayerKind> {
    let rest = name.strip_prefix(part)?.strip_prefix('_')?.strip_suffix(&index.to_string())?;
    if rest.is_empty() {
        return Some(plain);
    }
    let rest = rest.strip_suffix('_')?;
    let window = || rest.get(1..)?.parse().ok();
    match rest.as_bytes().first()? {
        b'D' if rest.len() == 1 => Some(LayerKind::Dynamic),
        b'S' if rest.len() == 1 => Some(LayerKind::Static),
        b'W' => window().map(LayerKind::SlidingWindow),
        b'X' => window().map(LayerKind::StaticSlidingWindow),
        _ => None,
    }
}

impl<F: Family, T: PyTree<F>, C: CacheClass> PyTree<F> for LayeredCache<T, C> {
    fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
        if v.enter(&Node::Context(&self.context(), 2 * self.layers.len()))? {
            for (i, layer) in self.layers.iter().enumerate() {
                v.child(2 * i);
                layer.key.walk(v)?;
                v.child(2 * i + 1);
                layer.value.walk(v)?;
            }
            v.exit()?;
        }
        ControlFlow::Continue(())
    }
}

impl<F: Family, T: OwnedTree<F>, C: CacheClass> OwnedTree<F> for LayeredCache<T, C> {
    fn walk_mut<V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
        self.layers.iter_mut().try_for_each(|layer| {
            layer.key.walk_mut(v)?;
            layer.value.walk_mut(v)
        })
    }

    fn into_walk<V: VisitorOwned<F>>(self, v: &mut V) -> ControlFlow<V::Break> {
        v.enter(&Node::Context(&self.context(), 2 * self.layers.len()))?;
        self.layers.into_iter().try_for_each(|layer| {
            layer.key.into_walk(v)?;
            layer.value.into_walk(v)
        })?;
        v.exit()
    }

    fn rebuild<S: Source<F>>(source: &mut S) -> Result<Self, UnflattenError> {
        let (context, arity) = source.context(Kind::Mapping)?;
        let kinds = match &context {
            Context::Mapping { name, fields, statics: None } if name == C::NAME && arity % 2 == 0 => {
                let names: Vec<&str> = fields.iter().collect();
                let of_layer = |(i, names): (usize, &[&str])| {
                    let [key, value] = names else { return None };
                    let kind = kind_by_name(key, "key", i, C::PLAIN)?;
                    (kind_by_name(value, "value", i, C::PLAIN)? == kind).then_some(kind)
                };
                names.chunks(2).enumerate().map(of_layer).collect::<Option<Vec<LayerKind>>>()
            }
            _ => None,
        };
        let Some(kinds) = kinds else {
            return Err(source.fail(Mismatch::Node(&format!(
                "a mapping node `{}` with the names key_0, value_0 and so on",
                C::NAME
            ))));
        };
        kinds
            .into_iter()
            .map(|kind| Ok(CacheLayer { key: T::rebuild(source)?, value: T::rebuild(source)?, kind }))
            .collect()
    }
}

impl<T: Retype, C> Retype for LayeredCache<T, C> {
    type As<U> = LayeredCache<T::As<U>, C>;
}

// The impls are written by hand: derives would ask the same of the marker.
impl<T: Clone, C> Clone for LayeredCache<T, C> {
    fn clone(&self) -> Self {
        self.layers.iter().cloned().collect()
    }
}
impl<T: PartialEq, C> PartialEq for LayeredCache<T, C> {
    fn eq(&self, other: &Self) -> bool {
        self.layers == other.layers
    }
}
impl<T: fmt::Debug, C: CacheClass> fmt::Debug for LayeredCache<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(C::NAME.rsplit('.').next().unwrap_or(C::NAME)).field("layers", &self.layers).finish()
    }
}
impl<T, C> Default for LayeredCache<T, C> {
    fn default() -> Self {
        std::iter::empty().collect()
    }
}
