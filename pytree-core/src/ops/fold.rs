//! One value from all leaves: reduce, all, any.

use crate::walk::run;
use crate::{Family, LeafKind, LeafRef, PyTree, Visitor, leaves};
use std::ops::ControlFlow;

/// Calls a function with every leaf until it breaks.
struct Each<G>(G);

impl<'a, F: Family, B, G: FnMut(LeafRef<'a, F>) -> ControlFlow<B>> Visitor<'a, F> for Each<G> {
    type Break = B;

    #[inline(always)]
    fn leaf(&mut self, leaf: LeafRef<'a, F>) -> ControlFlow<B> {
        (self.0)(leaf)
    }
}

/// The leaves, in order, folded into one value (`jax.tree.reduce`).
///
/// ```
/// use pytree_core::{DType, LeafRef, Meta, TensorMeta, reduce};
/// let cache = vec![TensorMeta::new(DType::Float32, [2, 3]); 4];
/// let elements = reduce::<Meta, _, _>(&cache, 0, |sum, leaf| {
///     sum + leaf.tensor().map_or(0, |t| t.sizes.iter().product::<i64>())
/// });
/// assert_eq!(elements, 24);
/// ```
pub fn reduce<'a, F: Family, X: PyTree<F> + ?Sized, A>(
    tree: &'a X,
    initial: A,
    f: impl FnMut(A, LeafRef<'a, F>) -> A,
) -> A {
    leaves(tree).into_iter().fold(initial, f)
}

/// Whether `predicate` is true for every leaf; true for a tree without leaves (`tree_all`). Stops at the first leaf for
/// which it is false.
pub fn all<'a, F: Family, X: PyTree<F> + ?Sized>(
    tree: &'a X,
    mut predicate: impl FnMut(LeafRef<'a, F>) -> bool,
) -> bool {
    let check = |leaf| if predicate(leaf) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
    run(tree, &mut Each(check)).is_ok()
}

/// Whether `predicate` is true for some leaf; false for a tree without leaves (`tree_any`). Stops at the first leaf for
/// which it is true.
pub fn any<'a, F: Family, X: PyTree<F> + ?Sized>(
    tree: &'a X,
    mut predicate: impl FnMut(LeafRef<'a, F>) -> bool,
) -> bool {
    !all(tree, |leaf| !predicate(leaf))
}

/// Whether `predicate` is true for every leaf of these kinds (`tree_all_only`).
pub fn all_only<'a, F: Family, X: PyTree<F> + ?Sized>(
    tree: &'a X,
    kinds: &[LeafKind],
    mut predicate: impl FnMut(LeafRef<'a, F>) -> bool,
) -> bool {
    all(tree, |leaf| !kinds.contains(&leaf.kind()) || predicate(leaf))
}

/// Whether `predicate` is true for some leaf of these kinds (`tree_any_only`).
pub fn any_only<'a, F: Family, X: PyTree<F> + ?Sized>(
    tree: &'a X,
    kinds: &[LeafKind],
    mut predicate: impl FnMut(LeafRef<'a, F>) -> bool,
) -> bool {
    any(tree, |leaf| kinds.contains(&leaf.kind()) && predicate(leaf))
}
