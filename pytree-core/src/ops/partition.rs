//! Splitting a tree by its leaves, and combining the parts.

use crate::{Family, Leaf, LeafRef, OwnedTree, UnflattenError, Value, into_leaves, unflatten};

/// Splits a tree into the leaves for which `select` is true and the others. Both parts have the full structure, with
/// `None` for the leaves of the other part (`equinox.partition`). Leaves are moved, not cloned.
///
/// The parts are [`Value`]s, since a typed field may not be able to hold `None`.
///
/// ```
/// use pytree_core::{LeafKind, Meta, combine, partition};
/// let (ints, rest) = partition::<Meta, _>((1_i64, 0.5), |leaf| leaf.kind() == LeafKind::Int)?;
/// assert_eq!(format!("{ints:?} {rest:?}"), "tuple([1, None]) tuple([None, 0.5])");
/// assert_eq!(combine::<Meta, (i64, f64)>([ints, rest])?, (1, 0.5));
/// # Ok::<(), pytree_core::UnflattenError>(())
/// ```
///
/// # Errors
/// When the tree cannot be read.
pub fn partition<F: Family, X: OwnedTree<F>>(
    tree: X,
    mut select: impl FnMut(LeafRef<'_, F>) -> bool,
) -> Result<(Value<F>, Value<F>), UnflattenError> {
    let (leaves, spec) = into_leaves(tree)?;
    let split = |leaf: Leaf<F>| if select(leaf.as_ref()) { (leaf, Leaf::None) } else { (Leaf::None, leaf) };
    let (taken, rest): (Vec<_>, Vec<_>) = leaves.into_iter().map(split).unzip();
    Ok((unflatten(taken, &spec)?, unflatten(rest, &spec)?))
}

/// Combines trees with the same structure: each leaf is the first of those in its place that is not `None`
/// (`equinox.combine`). Leaves are moved, not cloned.
///
/// Without any tree the result is a single `None`.
///
/// # Errors
/// When the trees differ in structure, or the result type has another one.
pub fn combine<F: Family, X: OwnedTree<F>>(trees: impl IntoIterator<Item = Value<F>>) -> Result<X, UnflattenError> {
    let mut trees = trees.into_iter();
    let first = trees.next().unwrap_or(Value::Leaf(Leaf::None));
    let (mut leaves, spec) = into_leaves(first)?;
    for tree in trees {
        let (more, other) = into_leaves(tree)?;
        spec.same_as(&other)?;
        for (leaf, next) in leaves.iter_mut().zip(more) {
            if matches!(leaf, Leaf::None) {
                *leaf = next;
            }
        }
    }
    unflatten(leaves, &spec)
}
