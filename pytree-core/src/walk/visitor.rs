//! Visitors: what a walk shows a tree to.

use crate::{Family, Leaf, LeafMut, LeafRef, Node};
use std::ops::ControlFlow;

/// Who looks at a tree: told of every node and leaf in order.
///
/// For each node: [`enter`](Visitor::enter), then [`child`](Visitor::child) before every child, then
/// [`exit`](Visitor::exit). A visitor that can fail says so by its `Break`; one that cannot uses `Infallible`, which costs nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no visitor that looks at `{F}` leaves",
    label = "this cannot be shown a tree of `{F}` leaves",
    note = "a visitor is generic over the family, `impl<F: Family> ..`, or implements the trait for `{F}`"
)]
pub trait Visitor<'a, F: Family>: Sized {
    /// What an early end carries.
    type Break;

    /// A node begins. `Continue(false)` passes over its children; `exit` is not called then.
    #[inline(always)]
    fn enter(&mut self, node: &Node<'_>) -> ControlFlow<Self::Break, bool> {
        let _ = node;
        ControlFlow::Continue(true)
    }

    /// Child `index` of the current node comes next.
    #[inline(always)]
    fn child(&mut self, index: usize) {
        let _ = index;
    }

    /// A leaf.
    fn leaf(&mut self, leaf: LeafRef<'a, F>) -> ControlFlow<Self::Break>;

    /// All children of the current node, which are tensors. A visitor that can take a slice whole overrides this.
    #[inline(always)]
    fn tensors(&mut self, tensors: &'a [F::Tensor]) -> ControlFlow<Self::Break> {
        for (i, t) in tensors.iter().enumerate() {
            self.child(i);
            self.leaf(LeafRef::Tensor(t))?;
        }
        ControlFlow::Continue(())
    }

    /// The current node ends.
    #[inline(always)]
    fn exit(&mut self) -> ControlFlow<Self::Break> {
        ControlFlow::Continue(())
    }
}

/// Who changes the leaves of a tree in place.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no visitor that changes `{F}` leaves",
    label = "this cannot be shown a tree of `{F}` leaves",
    note = "a visitor is generic over the family, `impl<F: Family> ..`, or implements the trait for `{F}`"
)]
pub trait VisitorMut<F: Family>: Sized {
    /// What an early end carries.
    type Break;

    /// A leaf.
    fn leaf(&mut self, leaf: LeafMut<'_, F>) -> ControlFlow<Self::Break>;

    /// A run of tensors.
    #[inline(always)]
    fn tensors(&mut self, tensors: &mut [F::Tensor]) -> ControlFlow<Self::Break> {
        tensors.iter_mut().try_for_each(|t| self.leaf(LeafMut::Tensor(t)))
    }
}

/// Who takes a tree apart: told of every node, given every leaf.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no visitor that takes `{F}` leaves",
    label = "this cannot be shown a tree of `{F}` leaves",
    note = "a visitor is generic over the family, `impl<F: Family> ..`, or implements the trait for `{F}`"
)]
pub trait VisitorOwned<F: Family>: Sized {
    /// What an early end carries.
    type Break;

    /// A node begins. Its children always follow.
    #[inline(always)]
    fn enter(&mut self, node: &Node<'_>) -> ControlFlow<Self::Break> {
        let _ = node;
        ControlFlow::Continue(())
    }

    /// A leaf.
    fn leaf(&mut self, leaf: Leaf<F>) -> ControlFlow<Self::Break>;

    /// All children of the current node, which are tensors.
    #[inline(always)]
    fn tensors(&mut self, tensors: Vec<F::Tensor>) -> ControlFlow<Self::Break> {
        tensors.into_iter().try_for_each(|t| self.leaf(Leaf::Tensor(t)))
    }

    /// The current node ends.
    #[inline(always)]
    fn exit(&mut self) -> ControlFlow<Self::Break> {
        ControlFlow::Continue(())
    }
}
