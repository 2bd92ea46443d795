//! Visitors: what a walk shows a tree to.

use crate::{Family, Leaf, LeafMut, LeafRef, Node};
use std::ops::ControlFlow;

/// Looks at a tree: a walk shows it every node and leaf in order.
///
/// For each node the walk calls [`enter`](Visitor::enter), then [`child`](Visitor::child) before every child, then
/// [`exit`](Visitor::exit). A visitor that can fail returns its error as `Break`; one that cannot fail uses
/// `Infallible`, which costs nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a visitor of `{F}` leaves",
    label = "a walk cannot show this a tree of `{F}` leaves",
    note = "implement the trait for every family, `impl<F: Family> ..`, or for `{F}`"
)]
pub trait Visitor<'a, F: Family>: Sized {
    /// The value with which a walk ends early.
    type Break;

    /// Called when a node begins. `Continue(false)` skips its children; `exit` is not called then.
    #[inline(always)]
    fn enter(&mut self, node: &Node<'_>) -> ControlFlow<Self::Break, bool> {
        let _ = node;
        ControlFlow::Continue(true)
    }

    /// Called before child `index` of the current node.
    #[inline(always)]
    fn child(&mut self, index: usize) {
        let _ = index;
    }

    /// Called for each leaf.
    fn leaf(&mut self, leaf: LeafRef<'a, F>) -> ControlFlow<Self::Break>;

    /// Called instead of `child` and `leaf` when all children of the current node are tensors. A visitor that can
    /// handle a whole slice at once overrides this.
    #[inline(always)]
    fn tensors(&mut self, tensors: &'a [F::Tensor]) -> ControlFlow<Self::Break> {
        for (i, t) in tensors.iter().enumerate() {
            self.child(i);
            self.leaf(LeafRef::Tensor(t))?;
        }
        ControlFlow::Continue(())
    }

    /// Called when the current node ends.
    #[inline(always)]
    fn exit(&mut self) -> ControlFlow<Self::Break> {
        ControlFlow::Continue(())
    }
}

/// Changes the leaves of a tree in place.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a visitor that changes `{F}` leaves",
    label = "a walk cannot show this a tree of `{F}` leaves",
    note = "implement the trait for every family, `impl<F: Family> ..`, or for `{F}`"
)]
pub trait VisitorMut<F: Family>: Sized {
    /// The value with which a walk ends early.
    type Break;

    /// Called for each leaf.
    fn leaf(&mut self, leaf: LeafMut<'_, F>) -> ControlFlow<Self::Break>;

    /// Called for a run of tensors.
    #[inline(always)]
    fn tensors(&mut self, tensors: &mut [F::Tensor]) -> ControlFlow<Self::Break> {
        tensors.iter_mut().try_for_each(|t| self.leaf(LeafMut::Tensor(t)))
    }
}

/// Takes a tree apart: a walk shows it every node and gives it every leaf.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a visitor that takes `{F}` leaves",
    label = "a walk cannot show this a tree of `{F}` leaves",
    note = "implement the trait for every family, `impl<F: Family> ..`, or for `{F}`"
)]
pub trait VisitorOwned<F: Family>: Sized {
    /// The value with which a walk ends early.
    type Break;

    /// Called when a node begins. Its children always follow.
    #[inline(always)]
    fn enter(&mut self, node: &Node<'_>) -> ControlFlow<Self::Break> {
        let _ = node;
        ControlFlow::Continue(())
    }

    /// Called for each leaf.
    fn leaf(&mut self, leaf: Leaf<F>) -> ControlFlow<Self::Break>;

    /// Called instead of `leaf` when all children of the current node are tensors.
    #[inline(always)]
    fn tensors(&mut self, tensors: Vec<F::Tensor>) -> ControlFlow<Self::Break> {
        tensors.into_iter().try_for_each(|t| self.leaf(Leaf::Tensor(t)))
    }

    /// Called when the current node ends.
    #[inline(always)]
    fn exit(&mut self) -> ControlFlow<Self::Break> {
        ControlFlow::Continue(())
    }
}
