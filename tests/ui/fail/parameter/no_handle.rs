// A tree can be taken by value only if its family implements `ShareTensor`.
use pytree_core::{Family, Leaf, LeafMut, LeafRef, OwnedTree, PyTree, Source, UnflattenError, module};
use pytree_core::{Visitor, VisitorMut, VisitorOwned};
use std::ops::ControlFlow;

struct Mine;
struct Tensor;

impl Family for Mine {
    type Tensor = Tensor;
}

impl PyTree<Mine> for Tensor {
    fn walk<'a, V: Visitor<'a, Mine>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
        v.leaf(LeafRef::Tensor(self))
    }
}

impl OwnedTree<Mine> for Tensor {
    fn walk_mut<V: VisitorMut<Mine>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
        v.leaf(LeafMut::Tensor(self))
    }
    fn into_walk<V: VisitorOwned<Mine>>(self, v: &mut V) -> ControlFlow<V::Break> {
        v.leaf(Leaf::Tensor(self))
    }
    fn rebuild<S: Source<Mine>>(source: &mut S) -> Result<Self, UnflattenError> {
        source.tensor()
    }
}

struct Model;

#[module(family = Mine)]
impl Model {
    fn forward(&self, x: Tensor) -> Tensor {
        x
    }
}

fn main() {}
