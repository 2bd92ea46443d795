//! `Option`, and pointers to a tree: `Box`, references, `Rc`, `Arc`.

use crate::{Family, Leaf, LeafMut, LeafRef, OwnedTree, PyTree, Retype, Source, UnflattenError};
use crate::{Visitor, VisitorMut, VisitorOwned};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

/// `None` is a leaf, as in torch. A dataclass drops such a field instead.
impl<F: Family, X: PyTree<F>> PyTree<F> for Option<X> {
    const OPTIONAL: bool = true;

    #[inline]
    fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
        const {
            assert!(
                !X::OPTIONAL,
                "`Option<Option<T>>` is not a tree: Python has only one `None`, so the two could not be told apart"
            )
        };
        match self {
            Some(value) => value.walk(v),
            None => v.leaf(LeafRef::None),
        }
    }

    #[inline]
    fn is_none(&self) -> bool {
        Option::is_none(self)
    }
}

impl<F: Family, X: OwnedTree<F>> OwnedTree<F> for Option<X> {
    #[inline]
    fn walk_mut<V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
        match self {
            Some(value) => value.walk_mut(v),
            None => v.leaf(LeafMut::None),
        }
    }

    #[inline]
    fn into_walk<V: VisitorOwned<F>>(self, v: &mut V) -> ControlFlow<V::Break> {
        match self {
            Some(value) => value.into_walk(v),
            None => v.leaf(Leaf::None),
        }
    }

    #[inline]
    fn rebuild<S: Source<F>>(source: &mut S) -> Result<Self, UnflattenError> {
        if source.next_is_none() {
            source.leaf()?;
            return Ok(None);
        }
        X::rebuild(source).map(Some)
    }

    #[inline]
    fn from_none() -> Option<Self> {
        Some(None)
    }
}

impl<X: Retype> Retype for Option<X> {
    type As<U> = Option<X::As<U>>;
}

/// Implements reading for a pointer, which is the same tree as its target.
macro_rules! pointers {
    ($($pointer:ty),*) => {$(
        impl<F: Family, X: PyTree<F> + ?Sized> PyTree<F> for $pointer {
            const OPTIONAL: bool = X::OPTIONAL;

            #[inline]
            fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
                (**self).walk(v)
            }

            #[inline]
            fn is_none(&self) -> bool {
                (**self).is_none()
            }
        }
    )*};
}

// `Rc` and `Arc` can only be read: rebuilding would make two values of one that is shared.
pointers!(&X, Box<X>, Rc<X>, Arc<X>);

impl<F: Family, X: OwnedTree<F>> OwnedTree<F> for Box<X> {
    #[inline]
    fn walk_mut<V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
        (**self).walk_mut(v)
    }

    #[inline]
    fn into_walk<V: VisitorOwned<F>>(self, v: &mut V) -> ControlFlow<V::Break> {
        (*self).into_walk(v)
    }

    #[inline]
    fn rebuild<S: Source<F>>(source: &mut S) -> Result<Self, UnflattenError> {
        X::rebuild(source).map(Box::new)
    }

    #[inline]
    fn from_none() -> Option<Self> {
        X::from_none().map(Box::new)
    }
}

impl<X: Retype> Retype for Box<X> {
    type As<U> = Box<X::As<U>>;
}
