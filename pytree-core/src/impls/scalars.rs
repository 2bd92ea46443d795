//! Leaves: `i64`, `f64`, `bool`, `String`, `str`, and [`TensorMeta`].

use crate::{Family, Leaf, LeafKind, LeafMut, LeafRef, Meta, Mismatch, OwnedTree, PyTree, Retype, Source, TensorMeta};
use crate::{UnflattenError, Visitor, VisitorMut, VisitorOwned};
use std::ops::ControlFlow;

macro_rules! scalar {
    ($type:ty, $variant:ident) => {
        impl<F: Family> PyTree<F> for $type {
            #[inline]
            fn walk<'a, V: Visitor<'a, F>>(&'a self, visitor: &mut V) -> ControlFlow<V::Break> {
                visitor.leaf(LeafRef::$variant(*self))
            }
        }
        scalar!(owned $type, $variant);
    };
    (owned $type:ty, $variant:ident) => {
        impl<F: Family> OwnedTree<F> for $type {
            #[inline]
            fn walk_mut<V: VisitorMut<F>>(&mut self, visitor: &mut V) -> ControlFlow<V::Break> {
                visitor.leaf(LeafMut::$variant(self))
            }
            #[inline]
            fn into_walk<V: VisitorOwned<F>>(self, visitor: &mut V) -> ControlFlow<V::Break> {
                visitor.leaf(Leaf::$variant(self))
            }
            #[inline]
            fn rebuild<S: Source<F>>(source: &mut S) -> Result<Self, UnflattenError> {
                match source.leaf()? {
                    Leaf::$variant(value) => Ok(value),
                    other => Err(source.fail(Mismatch::Leaf { expected: LeafKind::$variant, found: other.kind() })),
                }
            }
        }
        impl Retype for $type {
            type As<U> = $type;
        }
    };
}

scalar!(i64, Int);
scalar!(f64, Float);
scalar!(bool, Bool);
scalar!(owned String, Str);

impl<F: Family> PyTree<F> for String {
    #[inline]
    fn walk<'a, V: Visitor<'a, F>>(&'a self, visitor: &mut V) -> ControlFlow<V::Break> {
        visitor.leaf(LeafRef::Str(self))
    }
}

impl<F: Family> PyTree<F> for str {
    #[inline]
    fn walk<'a, V: Visitor<'a, F>>(&'a self, visitor: &mut V) -> ControlFlow<V::Break> {
        visitor.leaf(LeafRef::Str(self))
    }
}

/// Implements the tree traits for the tensor type of a family: one leaf, with the hooks for slices.
macro_rules! tensor_leaf {
    ($family:ty, $tensor:ty) => {
        impl $crate::PyTree<$family> for $tensor {
            #[inline(always)]
            fn walk<'a, V: $crate::Visitor<'a, $family>>(&'a self, v: &mut V) -> std::ops::ControlFlow<V::Break> {
                v.leaf($crate::LeafRef::Tensor(self))
            }
            #[inline(always)]
            fn walk_slice<'a, V: $crate::Visitor<'a, $family>>(
                items: &'a [Self],
                v: &mut V,
            ) -> std::ops::ControlFlow<V::Break> {
                v.tensors(items)
            }
        }
        impl $crate::OwnedTree<$family> for $tensor {
            #[inline]
            fn walk_mut<V: $crate::VisitorMut<$family>>(&mut self, v: &mut V) -> std::ops::ControlFlow<V::Break> {
                v.leaf($crate::LeafMut::Tensor(self))
            }
            #[inline]
            fn into_walk<V: $crate::VisitorOwned<$family>>(self, v: &mut V) -> std::ops::ControlFlow<V::Break> {
                v.leaf($crate::Leaf::Tensor(self))
            }
            #[inline]
            fn rebuild<S: $crate::Source<$family>>(source: &mut S) -> Result<Self, $crate::UnflattenError> {
                source.tensor()
            }
            #[inline]
            fn walk_slice_mut<V: $crate::VisitorMut<$family>>(
                items: &mut [Self],
                v: &mut V,
            ) -> std::ops::ControlFlow<V::Break> {
                v.tensors(items)
            }
            #[inline]
            fn into_walk_vec<V: $crate::VisitorOwned<$family>>(
                items: Vec<Self>,
                v: &mut V,
            ) -> std::ops::ControlFlow<V::Break> {
                v.tensors(items)
            }
            #[inline]
            fn rebuild_vec<S: $crate::Source<$family>>(
                source: &mut S,
                count: usize,
            ) -> Result<Vec<Self>, $crate::UnflattenError> {
                source.tensors(count)
            }
        }
        impl $crate::Retype for $tensor {
            type As<U> = U;
        }
    };
}
#[cfg(feature = "tch")]
pub(crate) use tensor_leaf;

tensor_leaf!(Meta, TensorMeta);
