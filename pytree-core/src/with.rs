//! Ways to walk a value that are not its own: of a field with `with = ..` or `leaf`, and of a foreign type.

use crate::fields::{Fields, FieldsMut, FieldsOwned, Rebuilder};
use crate::{AsLeaf, Family, Leaf, OwnedTree, Plain, PyTree, Source, Statics, UnflattenError};
use crate::{Visitor, VisitorMut, VisitorOwned};
use std::ops::ControlFlow;

/// A way to read an `X` as a tree. The derive writes one for each field with `with = ..`.
pub trait With<F: Family, X> {
    /// Shows every node and leaf to `visitor`, in order.
    fn walk<'a, V: Visitor<'a, F>>(tree: &'a X, visitor: &mut V) -> ControlFlow<V::Break>;

    /// Whether it is Python's `None`.
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

/// A list of the fields of `X`, to be read.
pub trait Parts<F: Family, X> {
    /// Shows every child field.
    fn walk_fields<'a, W: Fields<'a, F>>(tree: &'a X, fields: &mut W);

    /// The static fields.
    fn statics(tree: &X) -> Option<&dyn Statics> {
        let _ = tree;
        None
    }
}

/// A list of the fields of `X`, to be changed, taken apart and rebuilt.
pub trait PartsOwned<F: Family, X>: Parts<F, X> {
    /// Shows every child field, to be changed.
    fn walk_fields_mut<W: FieldsMut<F>>(tree: &mut X, fields: &mut W);

    /// Gives every child field.
    fn into_fields<W: FieldsOwned<F>>(tree: X, fields: &mut W);

    /// Makes an `X` of its fields.
    fn rebuild_fields<S: Source<F>>(fields: &mut Rebuilder<'_, S>) -> Result<X, UnflattenError>;
}

/// The way of the type itself.
pub(crate) struct Own;

impl<F: Family, X: PyTree<F>> With<F, X> for Own {
    #[inline(always)]
    fn walk<'a, V: Visitor<'a, F>>(tree: &'a X, visitor: &mut V) -> ControlFlow<V::Break> {
        tree.walk(visitor)
    }

    #[inline(always)]
    fn is_none(tree: &X) -> bool {
        tree.is_none()
    }
}

impl<F: Family, X: OwnedTree<F>> WithOwned<F, X> for Own {
    #[inline(always)]
    fn walk_mut<V: VisitorMut<F>>(tree: &mut X, visitor: &mut V) -> ControlFlow<V::Break> {
        tree.walk_mut(visitor)
    }

    #[inline(always)]
    fn into_walk<V: VisitorOwned<F>>(tree: X, visitor: &mut V) -> ControlFlow<V::Break> {
        tree.into_walk(visitor)
    }

    #[inline(always)]
    fn rebuild<S: Source<F>>(source: &mut S) -> Result<X, UnflattenError> {
        X::rebuild(source)
    }

    #[inline(always)]
    fn from_none() -> Option<X> {
        X::from_none()
    }
}

impl<F: Family, X: PyTree<F>> Parts<F, X> for Own {
    #[inline(always)]
    fn walk_fields<'a, W: Fields<'a, F>>(tree: &'a X, fields: &mut W) {
        tree.walk_fields(fields);
    }

    #[inline(always)]
    fn statics(tree: &X) -> Option<&dyn Statics> {
        tree.statics()
    }
}

impl<F: Family, X: OwnedTree<F>> PartsOwned<F, X> for Own {
    #[inline(always)]
    fn walk_fields_mut<W: FieldsMut<F>>(tree: &mut X, fields: &mut W) {
        tree.walk_fields_mut(fields);
    }

    #[inline(always)]
    fn into_fields<W: FieldsOwned<F>>(tree: X, fields: &mut W) {
        tree.into_fields(fields);
    }

    #[inline(always)]
    fn rebuild_fields<S: Source<F>>(fields: &mut Rebuilder<'_, S>) -> Result<X, UnflattenError> {
        X::rebuild_fields(fields)
    }
}

/// One leaf, by [`AsLeaf`].
pub struct ByLeaf;

impl<F: Family, X: AsLeaf> With<F, X> for ByLeaf {
    #[inline]
    fn walk<'a, V: Visitor<'a, F>>(tree: &'a X, visitor: &mut V) -> ControlFlow<V::Break> {
        visitor.leaf(tree.to_leaf().into())
    }

    #[inline]
    fn is_none(tree: &X) -> bool {
        matches!(tree.to_leaf(), Plain::None)
    }
}

impl<F: Family, X: AsLeaf> WithOwned<F, X> for ByLeaf {
    fn walk_mut<V: VisitorMut<F>>(tree: &mut X, visitor: &mut V) -> ControlFlow<V::Break> {
        let mut leaf: Leaf<F> = tree.to_leaf().into_leaf();
        let flow = visitor.leaf(leaf.as_mut());
        // A value that the type cannot hold is not taken: a visitor that changes in place has no way to hear of it.
        if let Some(Ok(changed)) = Plain::of(leaf.as_ref()).map(X::from_leaf) {
            *tree = changed;
        }
        flow
    }

    fn into_walk<V: VisitorOwned<F>>(tree: X, visitor: &mut V) -> ControlFlow<V::Break> {
        visitor.leaf(tree.to_leaf().into_leaf())
    }

    fn rebuild<S: Source<F>>(source: &mut S) -> Result<X, UnflattenError> {
        let leaf = source.leaf()?;
        let read = match Plain::of(leaf.as_ref()) {
            Some(plain) => X::from_leaf(plain),
            None => Err(format!("a tensor cannot be made a `{}`", std::any::type_name::<X>())),
        };
        read.map_err(|message| source.bad_leaf(message))
    }

    fn from_none() -> Option<X> {
        X::from_leaf(Plain::None).ok()
    }
}
