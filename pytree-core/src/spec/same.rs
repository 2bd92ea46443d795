//! The first difference of two specs.

use super::{SpecNode, TreeSpec, python_class};
use crate::StructureError;

impl TreeSpec {
    /// Checks that `found` equals this spec.
    ///
    /// ```
    /// use pytree_core::TreeSpec;
    /// let pair = |second| TreeSpec::tuple([TreeSpec::leaf(), second]);
    /// let error = pair(TreeSpec::leaf()).same_as(&pair(TreeSpec::list([]))).unwrap_err();
    /// assert_eq!(error.to_string(), "at [1]: Node type mismatch; expected a leaf, but got <class 'list'>.");
    /// ```
    ///
    /// # Errors
    /// [`StructureError`] with the first difference in the order of a walk.
    pub fn same_as(&self, found: &TreeSpec) -> Result<(), StructureError> {
        match self.nodes().zip(found.nodes()).find_map(|(a, b)| difference(a, b)) {
            Some(error) => Err(error),
            // Every node has the number of its children, so two specs without a difference are of one length.
            None => Ok(()),
        }
    }
}

fn difference(expected: SpecNode<'_>, found: SpecNode<'_>) -> Option<StructureError> {
    let (a, b) = (expected.context(), found.context());
    let path = || expected.path();
    if expected.kind() != found.kind() || a.map(crate::Context::type_name) != b.map(crate::Context::type_name) {
        return Some(StructureError::NodeType { path: path(), expected: python_class(a), found: python_class(b) });
    }
    if expected.arity() != found.arity() {
        let (expected, found) = (expected.arity(), found.arity());
        return Some(StructureError::Arity { path: path(), expected, found });
    }
    let text = |context: Option<&crate::Context>| context.map(ToString::to_string).unwrap_or_default();
    (a != b).then(|| StructureError::Other { path: path(), expected: text(a), found: text(b) })
}
