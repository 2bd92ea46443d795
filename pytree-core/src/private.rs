//! What the derive and `#[module]` write in terms of. Not for use by hand.

pub use crate::module::{Call, Slots};
pub use crate::node::{MapKeys, Node, NodeType, Present, Statics};
pub use crate::tree::{Source, Visitor, VisitorMut, VisitorOwned};
pub use crate::{BindError, Family, Kind, Module, OwnedTree, Parameter, PyTree, Retype, Signature, UnflattenError};
pub use std::ops::ControlFlow;

/// Walks child `index` of a struct.
#[inline(always)]
pub fn child<'a, F: Family, X: PyTree<F>, V: Visitor<'a, F>>(
    visitor: &mut V,
    index: usize,
    child: &'a X,
) -> ControlFlow<V::Break> {
    visitor.child(index);
    child.walk(visitor)
}

/// Walks field `index` of a dataclass, unless it is dropped because it is None.
#[inline(always)]
pub fn field<'a, F: Family, X: PyTree<F>, V: Visitor<'a, F>>(
    visitor: &mut V,
    present: Present,
    index: usize,
    field: &'a X,
) -> ControlFlow<V::Break> {
    if !present.has(index) {
        return ControlFlow::Continue(());
    }
    child(visitor, (present.0 & !(u128::MAX << index)).count_ones() as usize, field)
}

/// Gives field `index` of a dataclass away, unless it is dropped because it is None.
#[inline(always)]
pub fn into_field<F: Family, X: OwnedTree<F>, V: VisitorOwned<F>>(
    visitor: &mut V,
    present: Present,
    index: usize,
    field: X,
) -> ControlFlow<V::Break> {
    if present.has(index) { field.into_walk(visitor) } else { ControlFlow::Continue(()) }
}

/// Makes field `index` of a struct: rebuilt when the spec has it, None when the spec says that it was None.
#[inline]
pub fn rebuild_field<F: Family, X: OwnedTree<F>, S: Source<F>>(
    source: &mut S,
    present: Present,
    ty: &'static NodeType,
    index: usize,
) -> Result<X, UnflattenError> {
    if present.has(index) {
        return X::rebuild(source);
    }
    X::from_none().ok_or_else(|| match ty.fields.get(index) {
        Some(field) => source.not_optional(ty, field),
        None => source.error(ty.rust_name),
    })
}

/// The set of present fields of a dataclass from its `is_none`s, in order.
#[inline(always)]
pub fn present<const N: usize>(is_none: [bool; N]) -> Present {
    let mut present = Present::all(N);
    for (i, none) in is_none.into_iter().enumerate() {
        if none {
            present = present.without(i);
        }
    }
    present
}

/// Adds a static field to the JSON object of a context.
pub fn static_to_json<T: serde::Serialize + PartialEq>(
    object: &mut serde_json::Map<String, serde_json::Value>,
    name: &str,
    value: &T,
) -> Result<(), serde_json::Error> {
    object.insert(name.to_owned(), serde_json::to_value(value)?);
    Ok(())
}

/// Reads a static field from the JSON object of a context.
pub fn static_from_json<F: Family, T: serde::de::DeserializeOwned, S: Source<F>>(
    source: &S,
    ty: &'static NodeType,
    object: &mut serde_json::Value,
    name: &'static str,
) -> Result<T, UnflattenError> {
    let value = object.get_mut(name).map(serde_json::Value::take).unwrap_or_default();
    serde_json::from_value(value).map_err(|e| source.bad_static(ty, name, e.to_string()))
}

/// The JSON object that [`Statics`] gives.
pub type StaticsObject = serde_json::Map<String, serde_json::Value>;
/// The JSON value that [`Statics`] gives.
pub type StaticsValue = serde_json::Value;
/// What [`Statics`] can fail with.
pub type StaticsError = serde_json::Error;
