//! The place of a leaf as two numbers, which become a path only when it is shown.

use crate::walk::Count;
use crate::{Family, KeyPath, LeafRef, Node, PyTree, TreeSpec, Visitor};
use smallvec::SmallVec;
use std::convert::Infallible;
use std::ops::ControlFlow;

/// The place of a leaf: the node that holds it, and which child of that node it is.
///
/// A key takes eight bytes, where a [`KeyPath`] is a list with an allocation. [`TreeSpec::key_path`] makes the path of
/// a key, whose names are in the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeafKey {
    /// The position of the node in the order of a walk over the spec. The root is 0, also where it is a leaf.
    pub node: u32,
    /// The index of the child in the node.
    pub child: u32,
}

impl TreeSpec {
    /// The path of the leaf, or `None` if the tree has no such place.
    ///
    /// ```
    /// use pytree_core::{Meta, leaves_with_keys, structure};
    /// let tree = (1_i64, vec![2_i64, 3]);
    /// let spec = structure::<Meta, _>(&tree)?;
    /// let (key, _) = leaves_with_keys::<Meta, _>(&tree)[2];
    /// assert_eq!((key.node, key.child), (2, 1));
    /// assert_eq!(spec.key_path(key).map(|path| path.to_string()).as_deref(), Some("[1][1]"));
    /// # Ok::<(), pytree_core::TreeError>(())
    /// ```
    pub fn key_path(&self, key: LeafKey) -> Option<KeyPath> {
        let (index, child) = (usize::try_from(key.node).ok()?, usize::try_from(key.child).ok()?);
        let node = self.node_at(index)?;
        if node.is_leaf() {
            return (index == 0 && child == 0).then(KeyPath::default);
        }
        (child < node.arity()).then(|| self.node_path(index).join(node.entry(child)))
    }
}

/// The leaves of a tree, each with its key: a `tree_flatten_with_path` without the cost of paths.
pub fn leaves_with_keys<F: Family, X: PyTree<F> + ?Sized>(tree: &X) -> Vec<(LeafKey, LeafRef<'_, F>)> {
    let mut visitor = Keyed {
        leaves: Vec::with_capacity(Count::of(tree).leaves),
        at: LeafKey { node: 0, child: 0 },
        seen: 0,
        open: SmallVec::new(),
    };
    let ControlFlow::Continue(()) = tree.walk(&mut visitor);
    visitor.leaves
}

/// Collects leaves with their keys.
struct Keyed<'a, F: Family> {
    leaves: Vec<(LeafKey, LeafRef<'a, F>)>,
    at: LeafKey,
    /// How many nodes and leaves were seen so far.
    seen: u32,
    /// The nodes around the current one.
    open: SmallVec<[u32; 8]>,
}

impl<'a, F: Family> Visitor<'a, F> for Keyed<'a, F> {
    type Break = Infallible;

    #[inline]
    fn enter(&mut self, _: &Node<'_>) -> ControlFlow<Infallible, bool> {
        self.open.push(self.at.node);
        self.at.node = self.seen;
        self.seen += 1;
        ControlFlow::Continue(true)
    }

    #[inline(always)]
    fn child(&mut self, index: usize) {
        self.at.child = index as u32;
    }

    #[inline(always)]
    fn leaf(&mut self, leaf: LeafRef<'a, F>) -> ControlFlow<Infallible> {
        self.leaves.push((self.at, leaf));
        self.seen += 1;
        ControlFlow::Continue(())
    }

    #[inline(always)]
    fn tensors(&mut self, tensors: &'a [F::Tensor]) -> ControlFlow<Infallible> {
        let node = self.at.node;
        let keyed = |(tensor, child)| (LeafKey { node, child }, LeafRef::Tensor(tensor));
        self.leaves.extend(tensors.iter().zip(0..).map(keyed));
        self.seen += tensors.len() as u32;
        ControlFlow::Continue(())
    }

    #[inline]
    fn exit(&mut self) -> ControlFlow<Infallible> {
        self.at.node = self.open.pop().unwrap_or_default();
        ControlFlow::Continue(())
    }
}
