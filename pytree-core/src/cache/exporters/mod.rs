//! Caches as the exporters package of `transformers` 5.23 flattens them: into the tensors of the object, numbered, with
//! a description of the object as context.

mod dynamic;
mod encoder_decoder;
mod fixed;

pub use dynamic::ExportersCache;
pub use encoder_decoder::ExportersEncoderDecoderCache;
pub use fixed::{ExportersStates, ExportersStaticCache, ExportersStaticLayer};

use crate::spec::python_text;
use crate::{Context, DType, Device, Kind, Mismatch, Source, UnflattenError};
use serde_json::{Value, json};
use std::borrow::Cow;

/// A cache object that the exporters package can describe.
#[diagnostic::on_unimplemented(
    message = "the exporters package does not describe `{Self}`",
    label = "this is not a cache of that package",
    note = "its caches are `ExportersCache` and `ExportersStaticCache`"
)]
pub trait Exported: Sized {
    /// The type of the tensors.
    type Leaf;

    /// The class, which is also the serialized name. It has a colon, unlike the names of other registrations.
    const NAME: &'static str;

    /// The description of the object, its tensors numbered from `first` on.
    fn describe(&self, first: usize) -> Value;

    /// The tensors, in order.
    fn leaves(&self) -> Vec<&Self::Leaf>;

    /// The tensors, in order, to be changed.
    fn leaves_mut(&mut self) -> Vec<&mut Self::Leaf>;

    /// The tensors, in order, by value.
    fn into_leaves(self) -> Vec<Self::Leaf>;

    /// The object with this description, with the tensors that `leaf` returns in order; `None` for an object of another
    /// class. The description may contain more than this type holds: the caller compares it with that of the result.
    ///
    /// # Errors
    /// The errors of `leaf`.
    fn from_description<E>(
        description: &Value,
        leaf: &mut impl FnMut() -> Result<Self::Leaf, E>,
    ) -> Result<Option<Self>, E>;
}

/// The context of a cache.
fn context<C: Exported>(cache: &C) -> Context {
    // The context of a class without a dump function is JSON inside a JSON string.
    Context::Custom { name: Cow::Borrowed(C::NAME), context: Value::String(python_text(&cache.describe(0))) }
}

/// Rebuilds a cache from its description, which must be exactly that of the result.
fn rebuild<F: crate::Family, C: Exported<Leaf: crate::OwnedTree<F>>, S: Source<F>>(
    source: &mut S,
) -> Result<C, UnflattenError> {
    let (found, arity) = source.context(Kind::Custom)?;
    // The error is made before the leaves are read, while the source is at the node.
    let other = source.fail(Mismatch::Node(&format!("a custom node `{}` that describes plain layers", C::NAME)));
    let description = match &found {
        Context::Custom { name, context: Value::String(text) } if name == C::NAME => serde_json::from_str(text).ok(),
        _ => None,
    };
    let Some(description) = description else { return Err(other) };
    match C::from_description(&description, &mut || crate::OwnedTree::rebuild(source))? {
        Some(cache) if cache.leaves().len() == arity && context(&cache) == found => Ok(cache),
        _ => Err(other),
    }
}

/// Implements the tree traits for a cache object over `T`, or over a cache `C`.
macro_rules! tree {
    ($type:ident<$param:ident>, $leaf:ty $(, $bound:path)?) => {
        impl<F: $crate::Family, $param $(: $bound)?> $crate::PyTree<F> for $type<$param>
        where
            $leaf: $crate::PyTree<F>,
        {
            fn walk<'a, V: $crate::Visitor<'a, F>>(&'a self, v: &mut V) -> std::ops::ControlFlow<V::Break> {
                let leaves = $crate::cache::exporters::Exported::leaves(self);
                let context = $crate::cache::exporters::context(self);
                if v.enter(&$crate::Node::Context(&context, leaves.len()))? {
                    for (i, leaf) in leaves.into_iter().enumerate() {
                        v.child(i);
                        leaf.walk(v)?;
                    }
                    v.exit()?;
                }
                std::ops::ControlFlow::Continue(())
            }
        }

        impl<F: $crate::Family, $param $(: $bound)?> $crate::OwnedTree<F> for $type<$param>
        where
            $leaf: $crate::OwnedTree<F>,
        {
            fn walk_mut<V: $crate::VisitorMut<F>>(&mut self, v: &mut V) -> std::ops::ControlFlow<V::Break> {
                $crate::cache::exporters::Exported::leaves_mut(self).into_iter().try_for_each(|leaf| leaf.walk_mut(v))
            }

            fn into_walk<V: $crate::VisitorOwned<F>>(self, v: &mut V) -> std::ops::ControlFlow<V::Break> {
                let context = $crate::cache::exporters::context(&self);
                let leaves = $crate::cache::exporters::Exported::into_leaves(self);
                v.enter(&$crate::Node::Context(&context, leaves.len()))?;
                leaves.into_iter().try_for_each(|leaf| leaf.into_walk(v))?;
                v.exit()
            }

            fn rebuild<S: $crate::Source<F>>(source: &mut S) -> Result<Self, $crate::UnflattenError> {
                $crate::cache::exporters::rebuild(source)
            }
        }

        impl<$param: $crate::Retype> $crate::Retype for $type<$param> {
            type As<U> = $type<$param::As<U>>;
        }
    };
}
use tree;

/// The description of an object of this class with these attributes.
fn object(class: &str, state: Value) -> Value {
    json!({"_t": "obj", "p": format!("transformers.cache_utils:{class}"), "s": state})
}

/// The description of tensor number `i`.
fn tensor(i: usize) -> Value {
    json!({"_t": "tensor", "i": i})
}

fn dtype(dtype: DType) -> Value {
    json!({"_t": "dtype", "n": dtype.to_string()})
}

fn device(device: Device) -> Value {
    json!({"_t": "device", "s": device.to_string()})
}

/// The attributes in the description of an object of this class.
fn state<'d>(description: &'d Value, class: &str) -> Option<&'d Value> {
    let path = description.get("p")?.as_str()?;
    (path.strip_prefix("transformers.cache_utils:") == Some(class)).then_some(description.get("s")?)
}

/// The element type and the device in the attributes of a layer.
fn placed(state: &Value) -> Option<(DType, Device)> {
    let text = |pointer| state.pointer(pointer).and_then(Value::as_str);
    Some((text("/dtype/n")?.parse().ok()?, text("/device/s")?.parse().ok()?))
}
