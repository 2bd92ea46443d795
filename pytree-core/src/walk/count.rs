//! The size of a tree, counted before its leaves are collected.

use crate::{Family, LeafRef, Node, PyTree, TreeSpec, Visitor};
use std::convert::Infallible;
use std::ops::ControlFlow;

/// How many nodes, leaves and tensors a tree has. A list of tensors is one step of the walk, so counting first and
/// allocating once is cheaper than letting vectors grow.
#[derive(Clone, Copy, Default)]
pub(crate) struct Count {
    pub(crate) nodes: usize,
    pub(crate) leaves: usize,
    pub(crate) tensors: usize,
    /// How many nodes are around the current one.
    depth: usize,
}

impl Count {
    #[inline]
    pub(crate) fn of<F: Family, X: PyTree<F> + ?Sized>(tree: &X) -> Count {
        let mut count = Count::default();
        let ControlFlow::Continue(()) = tree.walk::<Count>(&mut count);
        count
    }
}

impl<'a, F: Family> Visitor<'a, F> for Count {
    type Break = Infallible;

    #[inline(always)]
    fn enter(&mut self, _: &Node<'_>) -> ControlFlow<Infallible, bool> {
        self.nodes += 1;
        // What is deeper is an error of the walk that follows, and must not end in an overflow of the stack here.
        let deeper = self.depth < TreeSpec::MAX_DEPTH;
        self.depth += usize::from(deeper);
        ControlFlow::Continue(deeper)
    }

    #[inline(always)]
    fn exit(&mut self) -> ControlFlow<Infallible> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    #[inline(always)]
    fn leaf(&mut self, leaf: LeafRef<'a, F>) -> ControlFlow<Infallible> {
        self.leaves += 1;
        self.tensors += usize::from(matches!(leaf, LeafRef::Tensor(_)));
        ControlFlow::Continue(())
    }

    #[inline(always)]
    fn tensors(&mut self, tensors: &'a [F::Tensor]) -> ControlFlow<Infallible> {
        self.leaves += tensors.len();
        self.tensors += tensors.len();
        ControlFlow::Continue(())
    }
}
