//! The fields of a struct, and the ways to walk one: the traits that the derive writes in terms of.
//!
//! A derived type lists its fields once per way of walking, without control flow of its own: type and borrow checks of
//! a list of plain calls cost several times less than those of as many `?`. What happens with a list is decided in
//! [`structs`](super::structs).

use super::structs::{Own, Rebuilder};
use crate::{Family, NodeType, OwnedTree, PyTree, Source, Statics, UnflattenError, Visitor, VisitorMut, VisitorOwned};
use std::ops::ControlFlow;

/// Looks at the fields of a struct, one after another.
pub trait Fields<'a, F: Family> {
    /// The next child field, walked as `W` walks it.
    fn with<X, W: With<F, X>>(&mut self, field: &'a X);

    /// The next child field.
    #[inline(always)]
    fn field<X: PyTree<F>>(&mut self, field: &'a X) {
        self.with::<X, Own>(field);
    }
}

/// Changes the fields of a struct, one after another.
pub trait FieldsMut<F: Family> {
    /// The next child field, walked as `W` walks it.
    fn with<X, W: WithOwned<F, X>>(&mut self, field: &mut X);

    /// The next child field.
    #[inline(always)]
    fn field<X: OwnedTree<F>>(&mut self, field: &mut X) {
        self.with::<X, Own>(field);
    }
}

/// Takes the fields of a struct, one after another.
pub trait FieldsOwned<F: Family> {
    /// The next child field, taken apart as `W` takes it apart.
    fn with<X, W: WithOwned<F, X>>(&mut self, field: X);

    /// The next child field.
    #[inline(always)]
    fn field<X: OwnedTree<F>>(&mut self, field: X) {
        self.with::<X, Own>(field);
    }
}

/// An enum whose value knows its variant. The derive implements it.
pub trait Variant {
    /// The node of the variant.
    fn node_type(&self) -> &'static NodeType;
}

/// A way to read an `X` as a tree. The derive makes one for each field with `with = ..`.
pub trait With<F: Family, X> {
    /// Shows every node and leaf to `visitor`, in order.
    fn walk<'a, V: Visitor<'a, F>>(tree: &'a X, visitor: &mut V) -> ControlFlow<V::Break>;

    /// Whether the value is Python's `None`.
    #[inline(always)]
    fn is_none(tree: &X) -> bool {
        let _ = tree;
        false
    }
}

/// A way to change, take apart and rebuild an `X` as a tree.
pub trait WithOwned<F: Family, X>: With<F, X> {
    /// Shows every leaf to `visitor`, to be changed in place.
    fn walk_mut<V: VisitorMut<F>>(tree: &mut X, visitor: &mut V) -> ControlFlow<V::Break>;

    /// Gives every node and leaf to `visitor`, in order.
    fn into_walk<V: VisitorOwned<F>>(tree: X, visitor: &mut V) -> ControlFlow<V::Break>;

    /// Makes the value from `source`.
    fn rebuild<S: Source<F>>(source: &mut S) -> Result<X, UnflattenError>;

    /// The value of a dataclass field that was dropped because it was `None`.
    #[inline(always)]
    fn from_none() -> Option<X> {
        None
    }
}

/// Lists the fields of an `X`, to be read.
pub trait Parts<F: Family, X> {
    /// Shows every child field.
    fn walk_fields<'a, W: Fields<'a, F>>(tree: &'a X, fields: &mut W);

    /// The static fields.
    fn statics(tree: &X) -> Option<&dyn Statics> {
        let _ = tree;
        None
    }
}

/// Lists the fields of an `X`, to be changed, taken apart and rebuilt.
pub trait PartsOwned<F: Family, X>: Parts<F, X> {
    /// Shows every child field, to be changed.
    fn walk_fields_mut<W: FieldsMut<F>>(tree: &mut X, fields: &mut W);

    /// Gives every child field.
    fn into_fields<W: FieldsOwned<F>>(tree: X, fields: &mut W);

    /// Makes an `X` of its fields.
    fn rebuild_fields<S: Source<F>>(fields: &mut Rebuilder<'_, S>) -> Result<X, UnflattenError>;
}
