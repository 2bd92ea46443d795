//! The leaves of a tree whose structure is known already.

use crate::spec::is_context_of;
use crate::{Family, LeafRef, Node, PyTree, TreeSpec, Visitor};
use smallvec::SmallVec;
use std::ops::ControlFlow;

/// Shows the leaves of a tree in order, if the tree has this structure. It is a [`flatten`](crate::flatten) for code that sees
/// many trees of one structure: no spec is built, and nothing is allocated for structs, lists, tuples and the arguments of a
/// call.
///
/// `see` may have seen some leaves when the result is `false`.
///
/// ```
/// use pytree_core::{Meta, leaves_as, structure};
///
/// let spec = structure::<Meta, _>(&(1_i64, vec![2_i64]))?;
/// let mut count = 0;
/// assert!(leaves_as::<Meta, _>(&(5_i64, vec![6_i64]), &spec, |_| count += 1));
/// assert_eq!(count, 2);
/// assert!(!leaves_as::<Meta, _>(&(5_i64, vec![6_i64, 7]), &spec, |_| ()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn leaves_as<'a, F: Family, X: PyTree<F> + ?Sized>(
    tree: &'a X,
    spec: &TreeSpec,
    see: impl FnMut(LeafRef<'a, F>),
) -> bool {
    if spec.depth() > TreeSpec::MAX_DEPTH {
        return false;
    }
    let mut matcher = Matcher { spec, next: 0, ends: SmallVec::new(), see };
    tree.walk(&mut matcher).is_continue() && matcher.next == spec.num_nodes()
}

/// The tree has another structure.
struct Differs;

struct Matcher<'s, S> {
    spec: &'s TreeSpec,
    /// The node of the spec that comes next.
    next: usize,
    /// Where the open nodes end.
    ends: SmallVec<[usize; 8]>,
    see: S,
}

fn ensure(holds: bool) -> ControlFlow<Differs> {
    if holds { ControlFlow::Continue(()) } else { ControlFlow::Break(Differs) }
}

impl<'a, F: Family, S: FnMut(LeafRef<'a, F>)> Visitor<'a, F> for Matcher<'_, S> {
    type Break = Differs;

    fn enter(&mut self, node: &Node<'_>) -> ControlFlow<Differs, bool> {
        let Some(expected) = self.spec.node_at(self.next) else { return ControlFlow::Break(Differs) };
        ensure(expected.arity() == node.arity() && is_context_of(expected, node))?;
        self.ends.push(self.next + expected.num_nodes());
        self.next += 1;
        ControlFlow::Continue(true)
    }

    #[inline]
    fn leaf(&mut self, leaf: LeafRef<'a, F>) -> ControlFlow<Differs> {
        ensure(self.spec.leaf_run(self.next, 1) == 1)?;
        self.next += 1;
        (self.see)(leaf);
        ControlFlow::Continue(())
    }

    #[inline]
    fn tensors(&mut self, tensors: &'a [F::Tensor]) -> ControlFlow<Differs> {
        ensure(self.spec.leaf_run(self.next, tensors.len()) == tensors.len())?;
        self.next += tensors.len();
        tensors.iter().for_each(|tensor| (self.see)(LeafRef::Tensor(tensor)));
        ControlFlow::Continue(())
    }

    fn exit(&mut self) -> ControlFlow<Differs> {
        // A walk that announces another number of children than it shows is found here.
        let end = self.ends.pop();
        ensure(end == Some(self.next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::{DynamicCache, make_dynamic_cache};
    use crate::{DType, Meta, TensorMeta, flatten};
    use indexmap::IndexMap;
    use std::collections::BTreeMap;

    fn tensor() -> TensorMeta {
        TensorMeta::new(DType::Float32, [2])
    }

    /// What `flatten` says, which is slower.
    fn same<X: PyTree<Meta>>(tree: &X, spec: &TreeSpec) {
        let flat = flatten::<Meta, X>(tree);
        let expected = flat.as_ref().is_ok_and(|flat| flat.spec == *spec);
        let mut leaves = Vec::new();
        let found = leaves_as::<Meta, X>(tree, spec, |leaf| leaves.push(leaf));
        assert_eq!(found, expected, "{spec}");
        if let (true, Ok(flat)) = (found, flat) {
            assert_eq!(leaves, flat.leaves);
        }
    }

    #[test]
    fn containers_of_every_kind() -> Result<(), crate::TreeError> {
        let spec = |text: &str| TreeSpec::dict([(text.to_owned(), TreeSpec::leaf())]);
        for text in ["a", "b"] {
            same(&IndexMap::from([("a".to_owned(), tensor())]), &spec(text));
            same(&BTreeMap::from([("a".to_owned(), tensor())]), &spec(text));
        }
        same(&vec![tensor(), tensor()], &TreeSpec::list([TreeSpec::leaf()]));
        same(&(tensor(), [tensor(), tensor()]), &flatten::<Meta, _>(&(tensor(), [tensor(), tensor()]))?.spec);
        let cache = make_dynamic_cache([(tensor(), tensor())]);
        let windows = DynamicCache { windows: Some(vec![None]), ..cache.clone() };
        for (a, b) in [(&cache, &cache), (&cache, &windows), (&windows, &cache), (&windows, &windows)] {
            same(a, &flatten::<Meta, _>(b)?.spec);
        }
        Ok(())
    }
}
