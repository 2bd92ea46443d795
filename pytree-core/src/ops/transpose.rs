//! Turning a tree of trees inside out.

use crate::{Family, Leaf, OwnedTree, TreeSpec, UnflattenError, into_leaves, unflatten};

/// Turns a tree of structure `outer` with `inner` at every leaf into one of `inner` with `outer` at every leaf: a list
/// of pairs into a pair of lists (`jax.tree.transpose`, `optree.tree_transpose`). Leaves are moved, not cloned.
///
/// ```
/// use pytree_core::{Meta, TreeSpec, transpose};
/// let leaf = TreeSpec::leaf;
/// let (list, pair) = (TreeSpec::list([leaf(), leaf()]), TreeSpec::tuple([leaf(), leaf()]));
/// let turned: (Vec<i64>, Vec<i64>) = transpose::<Meta, _, _>(&list, &pair, vec![(1_i64, 2_i64), (3, 4)])?;
/// assert_eq!(turned, (vec![1, 3], vec![2, 4]));
/// # Ok::<(), pytree_core::UnflattenError>(())
/// ```
///
/// # Errors
/// When the structure of the tree is not `outer` composed with `inner`, or that of the result type not `inner` composed
/// with `outer`.
pub fn transpose<F: Family, X: OwnedTree<F>, Y: OwnedTree<F>>(
    outer: &TreeSpec,
    inner: &TreeSpec,
    tree: X,
) -> Result<Y, UnflattenError> {
    let (leaves, spec) = into_leaves(tree)?;
    outer.compose(inner).same_as(&spec)?;
    let columns = inner.num_leaves();
    let mut leaves: Vec<Option<Leaf<F>>> = leaves.into_iter().map(Some).collect();
    let order = (0..columns).flat_map(|column| (0..outer.num_leaves()).map(move |row| row * columns + column));
    // The order is a permutation, so every leaf is taken once.
    let turned: Vec<Leaf<F>> = order.filter_map(|place| leaves.get_mut(place)?.take()).collect();
    unflatten(turned, &inner.compose(outer))
}
