//! Mapping a tree: the same structure with other leaves.

use crate::{
    Family, KeyPath, Leaf, LeafKind, LeafMut, LeafRef, OwnedTree, PyTree, Retype, UnflattenError, VisitorMut, flatten,
    into_leaves, unflatten,
};
use std::convert::Infallible;
use std::ops::ControlFlow;

/// The tree with every tensor replaced by `f` of it, in any family (`tree_map_only(Tensor, ..)` with a typed result).
///
/// ```
/// use pytree_core::{DType, Meta, TensorMeta, map};
/// let small = vec![TensorMeta::new(DType::Float32, [2])];
/// let large: Vec<TensorMeta> = map::<_, Meta, _>(&small, |t| TensorMeta::new(t.dtype, t.sizes.iter().map(|s| s * 2)))?;
/// assert_eq!(large[0].to_string(), "f32[4]");
/// # Ok::<(), pytree_core::UnflattenError>(())
/// ```
///
/// # Errors
/// When the tree cannot be read, or the new type cannot hold what the old one held.
pub fn map<F, G, X>(tree: &X, mut f: impl FnMut(&F::Tensor) -> G::Tensor) -> Result<X::As<G::Tensor>, UnflattenError>
where
    F: Family,
    G: Family,
    X: PyTree<F> + Retype,
    X::As<G::Tensor>: OwnedTree<G>,
{
    let flat = flatten(tree)?;
    unflatten(flat.leaves.into_iter().map(|leaf| leaf.map(&mut f)), &flat.spec)
}

/// The tree with every leaf replaced by `f` of it (`tree_map`). Leaves are moved, not cloned.
///
/// # Errors
/// When `f` returns a leaf of a kind that the type cannot hold there.
pub fn map_leaves<F: Family, X: OwnedTree<F>>(tree: X, f: impl FnMut(Leaf<F>) -> Leaf<F>) -> Result<X, UnflattenError> {
    let (leaves, spec) = into_leaves(tree)?;
    unflatten(leaves.into_iter().map(f), &spec)
}

/// Applies a function to every leaf, to change it in place.
struct InPlace<G>(G);

impl<F: Family, G: FnMut(LeafMut<'_, F>)> VisitorMut<F> for InPlace<G> {
    type Break = Infallible;

    fn leaf(&mut self, leaf: LeafMut<'_, F>) -> ControlFlow<Infallible> {
        (self.0)(leaf);
        ControlFlow::Continue(())
    }
}

/// Calls `f` with every leaf, which it may change in place (`tree_map_`).
pub fn for_each_mut<F: Family, X: OwnedTree<F>>(tree: &mut X, f: impl FnMut(LeafMut<'_, F>)) {
    let ControlFlow::Continue(()) = tree.walk_mut(&mut InPlace(f));
}

/// The tree with every leaf replaced by `f` of its path and itself, in any family (`tree_map_with_path`).
///
/// ```
/// use pytree_core::{Leaf, Meta, map_with_path};
/// let tree = (vec![String::new(), String::new()], String::new());
/// let paths = map_with_path::<Meta, Meta, _>(&tree, |path, _| Leaf::Str(path.to_string()))?;
/// assert_eq!(paths, (vec!["[0][0]".to_owned(), "[0][1]".to_owned()], "[1]".to_owned()));
/// # Ok::<(), pytree_core::UnflattenError>(())
/// ```
///
/// # Errors
/// As [`map`].
pub fn map_with_path<F, G, X>(
    tree: &X,
    mut f: impl FnMut(&KeyPath, LeafRef<'_, F>) -> Leaf<G>,
) -> Result<X::As<G::Tensor>, UnflattenError>
where
    F: Family,
    G: Family,
    X: PyTree<F> + Retype,
    X::As<G::Tensor>: OwnedTree<G>,
{
    let flat = flatten(tree)?;
    unflatten(flat.with_paths().map(|(path, leaf)| f(&path, leaf)), &flat.spec)
}

/// The tree with the leaves for which `select` is true replaced by `f` of them (`tree_map_only` with a predicate).
/// Leaves are moved, not cloned.
///
/// # Errors
/// As [`map_leaves`].
pub fn map_where<F: Family, X: OwnedTree<F>>(
    tree: X,
    mut select: impl FnMut(LeafRef<'_, F>) -> bool,
    mut f: impl FnMut(Leaf<F>) -> Leaf<F>,
) -> Result<X, UnflattenError> {
    map_leaves(tree, |leaf| if select(leaf.as_ref()) { f(leaf) } else { leaf })
}

/// The tree with the leaves of these kinds replaced by `f` of them (`tree_map_only` with types). Leaves are moved, not
/// cloned.
///
/// In Python a bool is an int. Here `[LeafKind::Int]` does not include bools.
///
/// ```
/// use pytree_core::{Leaf, LeafKind, Meta, map_only};
/// let tree = map_only::<Meta, _>((1_i64, 0.5, true), &[LeafKind::Int], |leaf| match leaf {
///     Leaf::Int(v) => Leaf::Int(v + 1),
///     other => other,
/// })?;
/// assert_eq!(tree, (2, 0.5, true));
/// # Ok::<(), pytree_core::UnflattenError>(())
/// ```
///
/// # Errors
/// As [`map_leaves`].
pub fn map_only<F: Family, X: OwnedTree<F>>(
    tree: X,
    kinds: &[LeafKind],
    f: impl FnMut(Leaf<F>) -> Leaf<F>,
) -> Result<X, UnflattenError> {
    map_where(tree, |leaf| kinds.contains(&leaf.kind()), f)
}
