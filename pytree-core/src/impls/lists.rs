//! Lists: `Vec`, slices, boxed slices, and arrays, whose length is part of the type.

use crate::{
    Family, Mismatch, Node, OwnedTree, PyTree, Retype, Source, UnflattenError, Visitor, VisitorMut, VisitorOwned,
};
use std::ops::ControlFlow;

/// Walks the items of a slice as a list.
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

impl<F: Family, X: OwnedTree<F>> OwnedTree<F> for Box<[X]> {
    #[inline]
    fn walk_mut<V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
        X::walk_slice_mut(self, v)
    }

    #[inline]
    fn into_walk<V: VisitorOwned<F>>(self, v: &mut V) -> ControlFlow<V::Break> {
        self.into_vec().into_walk(v)
    }

    #[inline]
    fn rebuild<S: Source<F>>(source: &mut S) -> Result<Self, UnflattenError> {
        Vec::rebuild(source).map(Vec::into_boxed_slice)
    }
}

impl<X: Retype> Retype for Box<[X]> {
    type As<U> = Box<[X::As<U>]>;
}

impl<F: Family, X: PyTree<F>, const N: usize> PyTree<F> for [X; N] {
    #[inline]
    fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
        walk_list(self, v)
    }
}

impl<F: Family, X: OwnedTree<F>, const N: usize> OwnedTree<F> for [X; N] {
    #[inline]
    fn walk_mut<V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
        X::walk_slice_mut(self, v)
    }

    #[inline]
    fn into_walk<V: VisitorOwned<F>>(self, v: &mut V) -> ControlFlow<V::Break> {
        v.enter(&Node::List(N))?;
        self.into_iter().try_for_each(|item| item.into_walk(v))?;
        v.exit()
    }

    #[inline]
    fn rebuild<S: Source<F>>(source: &mut S) -> Result<Self, UnflattenError> {
        source.array(N)?;
        let items = X::rebuild_vec(source, N)?;
        // A user's own `rebuild_vec` may return another number of items.
        items.try_into().map_err(|_| source.fail(Mismatch::Node(&format!("a list of {N}"))))
    }
}

impl<X: Retype, const N: usize> Retype for [X; N] {
    type As<U> = [X::As<U>; N];
}
