//! Broadcasting a prefix: each leaf of a larger structure gets one leaf of the prefix.

use crate::{Family, LeafRef, PyTree, StructureError, Subtree, TreeSpec, flatten};

/// One leaf of `prefix` per leaf of `spec`, in the order of `spec` (`_broadcast_to_and_flatten`).
///
/// A leaf of the prefix is repeated for every leaf of the subtree in its place. The result is in the order of the
/// spec's leaves. Torch's is in the order of the prefix's keys, which belongs to other leaves where dicts differ in
/// order. Torch returns `None` for a tree that is not a prefix; here the error names the place.
///
/// ```
/// use pytree_core::{LeafRef, Meta, broadcast, structure};
/// let spec = structure::<Meta, _>(&(vec![1_i64, 2], 3_i64))?;
/// let dims: Vec<_> = broadcast::<Meta, _>(&(10_i64, 20_i64), &spec)?;
/// let dims: Vec<i64> = dims.iter().filter_map(|leaf| if let LeafRef::Int(v) = leaf { Some(*v) } else { None }).collect();
/// assert_eq!(dims, [10, 10, 20]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`StructureError`] when `prefix` is not a prefix of the structure.
pub fn broadcast<'a, F: Family, X: PyTree<F> + ?Sized>(
    prefix: &'a X,
    spec: &TreeSpec,
) -> Result<Vec<LeafRef<'a, F>>, StructureError> {
    let prefix = flatten(prefix)?;
    let owners = prefix.spec.broadcast_to(spec)?;
    Ok(owners.into_iter().map(|owner| prefix.leaves[owner]).collect())
}

impl TreeSpec {
    /// Whether this structure is a prefix of `spec`: `spec` is this structure with leaves replaced by subtrees
    /// (`optree.treespec_is_prefix`).
    ///
    /// ```
    /// use pytree_core::TreeSpec;
    /// let pair = |a, b| TreeSpec::tuple([a, b]);
    /// let small = pair(TreeSpec::leaf(), TreeSpec::list([]));
    /// assert!(small.is_prefix(&pair(TreeSpec::list([TreeSpec::leaf()]), TreeSpec::list([]))));
    /// assert!(!small.is_prefix(&pair(TreeSpec::leaf(), TreeSpec::leaf())));
    /// ```
    pub fn is_prefix(&self, spec: &TreeSpec) -> bool {
        self.broadcast_to(spec).is_ok()
    }

    /// For every leaf of `spec`, in order, the index of the leaf of this prefix in its place.
    ///
    /// # Errors
    /// [`StructureError`] when this is not a prefix of `spec`.
    pub fn broadcast_to(&self, spec: &TreeSpec) -> Result<Vec<usize>, StructureError> {
        let positions: Vec<usize> = (0..spec.num_leaves()).collect();
        let mut owners = vec![0; positions.len()];
        let parts = self.flatten_up_to(Subtree::new(spec.root(), &positions))?;
        for (owner, part) in parts.into_iter().enumerate() {
            for leaf in part.leaves() {
                owners[*leaf] = owner;
            }
        }
        Ok(owners)
    }
}
