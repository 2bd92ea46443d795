//! The states of tch's recurrent layers. As in PyTorch, the state of an LSTM is a tuple, and that of a GRU a tensor.

use crate::{OwnedTree, PyTree, Source, Tch, UnflattenError, Visitor, VisitorMut, VisitorOwned};
use std::ops::ControlFlow;
use tch::nn::{GRUState, LSTMState};

/// The tuple `(h, c)`.
impl PyTree<Tch> for LSTMState {
    fn walk<'a, V: Visitor<'a, Tch>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
        self.0.walk(v)
    }
}

impl OwnedTree<Tch> for LSTMState {
    fn walk_mut<V: VisitorMut<Tch>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
        self.0.walk_mut(v)
    }

    fn into_walk<V: VisitorOwned<Tch>>(self, v: &mut V) -> ControlFlow<V::Break> {
        self.0.into_walk(v)
    }

    fn rebuild<S: Source<Tch>>(source: &mut S) -> Result<Self, UnflattenError> {
        OwnedTree::rebuild(source).map(LSTMState)
    }
}

/// The tensor `h`.
impl PyTree<Tch> for GRUState {
    fn walk<'a, V: Visitor<'a, Tch>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
        PyTree::<Tch>::walk(&self.0, v)
    }
}

impl OwnedTree<Tch> for GRUState {
    fn walk_mut<V: VisitorMut<Tch>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
        OwnedTree::<Tch>::walk_mut(&mut self.0, v)
    }

    fn into_walk<V: VisitorOwned<Tch>>(self, v: &mut V) -> ControlFlow<V::Break> {
        OwnedTree::<Tch>::into_walk(self.0, v)
    }

    fn rebuild<S: Source<Tch>>(source: &mut S) -> Result<Self, UnflattenError> {
        OwnedTree::rebuild(source).map(GRUState)
    }
}
