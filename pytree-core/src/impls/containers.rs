//! `Vec`, slices and arrays to be read, `Option`, `Box`, references.

use crate::{Family, Leaf, LeafMut, LeafRef, Node, OwnedTree, PyTree, Retype, Source, UnflattenError};
use crate::{Visitor, VisitorMut, VisitorOwned};
use std::ops::ControlFlow;

/// A list of the items of a slice.
#[inline]
fn walk_list<'a, F: Family, X: PyTree<F>, V: Visitor<'a, F>>(items: &'a [X], v: &mut V) -> ControlFlow<V::Break> {
    if v.enter(&Node::List(items.len()))? {
        X::walk_slice(items, v)?;
        v.exit()?;
    }
    ControlFlow::Continue(())
}

impl<F: Family, X: PyTree<F>> PyTree<F> for Vec<X> {
    #[inline]
    fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
        walk_list(self, v)
    }
}

impl<F: Family, X: PyTree<F>> PyTree<F> for [X] {
    #[inline]
    fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
        walk_list(self, v)
    }
}

impl<F: Family, X: OwnedTree<F>> OwnedTree<F> for Vec<X> {
    #[inline]
    fn walk_mut<V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
        X::walk_slice_mut(self, v)
    }

    #[inline]
    fn into_walk<V: VisitorOwned<F>>(self, v: &mut V) -> ControlFlow<V::Break> {
        v.enter(&Node::List(self.len()))?;
        X::into_walk_vec(self, v)?;
        v.exit()
    }

    #[inline]
    fn rebuild<S: Source<F>>(source: &mut S) -> Result<Self, UnflattenError> {
        let count = source.list()?;
        X::rebuild_vec(source, count)
    }
}

impl<X: Retype> Retype for Vec<X> {
    type As<U> = Vec<X::As<U>>;
}

/// `None` is a leaf, as in torch. A dataclass drops such a field instead.
impl<F: Family, X: PyTree<F>> PyTree<F> for Option<X> {
    const OPTIONAL: bool = true;

    #[inline]
    fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
        const { assert!(!X::OPTIONAL, "`Option<Option<T>>` is no tree: Python has one `None`, so the two would be one") };
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

impl<F: Family, X: PyTree<F>> PyTree<F> for Box<X> {
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

impl<F: Family, X: PyTree<F> + ?Sized> PyTree<F> for &X {
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
