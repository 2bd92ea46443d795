//! Several trees at once: zipping, and mapping with the structure of the first.

use crate::{
    Family, Flat, Leaf, LeafRef, OwnedTree, PyTree, Retype, StructureError, Subtree, TreeError, UnflattenError,
    flatten, unflatten,
};

/// The leaves of two trees in pairs.
pub type LeafPairs<'a, 'b, F, G> = Vec<(LeafRef<'a, F>, LeafRef<'b, G>)>;

/// The leaves of two trees with the same structure in pairs, in the order of the first.
///
/// ```
/// use pytree_core::{Meta, zip};
/// let pairs = zip::<Meta, Meta, _, _>(&(1_i64, 2_i64), &(0.5, 0.25))?;
/// assert_eq!(format!("{pairs:?}"), "[(1, 0.5), (2, 0.25)]");
/// # Ok::<(), pytree_core::StructureError>(())
/// ```
///
/// # Errors
/// [`StructureError`] when the second has another structure than the first.
pub fn zip<'a, 'b, F: Family, G: Family, X: PyTree<F> + ?Sized, Y: PyTree<G> + ?Sized>(
    first: &'a X,
    second: &'b Y,
) -> Result<LeafPairs<'a, 'b, F, G>, StructureError> {
    let (first, second) = (flatten(first)?, flatten(second)?);
    let parts = first.spec.flatten_up_to(second.root())?;
    let pair = |(leaf, part): (LeafRef<'a, F>, Subtree<'_, LeafRef<'b, G>>)| match part.leaf() {
        Some(other) => Ok((leaf, *other)),
        None => {
            Err(StructureError::NoLeaf { path: part.path(), found: crate::spec::python_class(part.node().context()) })
        }
    };
    first.leaves.into_iter().zip(parts).map(pair).collect()
}

/// The tree with every leaf replaced by `f` of it and of the part of `rest` in the same place:
/// `tree_map(f, tree, rest)`.
///
/// The structure is that of `tree`. `rest` is flattened up to it, so the part of `rest` may be a subtree.
///
/// ```
/// use pytree_core::{Leaf, LeafRef, Meta, map_with};
/// let counts = map_with::<Meta, Meta, Meta, _, _>(&(1_i64, 2_i64), &(vec![0.5, 0.25], 0.1), |_, part| {
///     Leaf::Int(part.leaves().len() as i64)
/// })?;
/// assert_eq!(counts, (2, 1));
/// # Ok::<(), pytree_core::UnflattenError>(())
/// ```
///
/// # Errors
/// When the structure of `tree` is not a prefix of that of `rest`, or the result cannot hold a leaf that `f` returns.
pub fn map_with<F, G, H, X, Y>(
    tree: &X,
    rest: &Y,
    mut f: impl FnMut(LeafRef<'_, F>, Subtree<'_, LeafRef<'_, G>>) -> Leaf<H>,
) -> Result<X::As<H::Tensor>, UnflattenError>
where
    F: Family,
    G: Family,
    H: Family,
    X: PyTree<F> + Retype,
    Y: PyTree<G> + ?Sized,
    X::As<H::Tensor>: OwnedTree<H>,
{
    let (tree, rest) = (flatten(tree)?, flatten(rest)?);
    let parts = tree.spec.flatten_up_to(rest.root())?;
    unflatten(tree.leaves.into_iter().zip(parts).map(|(leaf, part)| f(leaf, part)), &tree.spec)
}

/// [`map_with`] with any number of further trees of one type: `tree_map(f, tree, *rests)`.
///
/// # Errors
/// As [`map_with`].
pub fn map_many<F, G, H, X, Y>(
    tree: &X,
    rests: &[Y],
    mut f: impl FnMut(LeafRef<'_, F>, &[Subtree<'_, LeafRef<'_, G>>]) -> Leaf<H>,
) -> Result<X::As<H::Tensor>, UnflattenError>
where
    F: Family,
    G: Family,
    H: Family,
    X: PyTree<F> + Retype,
    Y: PyTree<G>,
    X::As<H::Tensor>: OwnedTree<H>,
{
    let tree = flatten(tree)?;
    let rests: Vec<Flat<'_, G>> = rests.iter().map(flatten).collect::<Result<_, TreeError>>()?;
    let columns: Vec<Vec<_>> =
        rests.iter().map(|rest| tree.spec.flatten_up_to(rest.root())).collect::<Result<_, StructureError>>()?;
    let row = |i: usize| columns.iter().map(|column| column[i]).collect::<Vec<_>>();
    unflatten(tree.leaves.into_iter().enumerate().map(|(i, leaf)| f(leaf, &row(i))), &tree.spec)
}
