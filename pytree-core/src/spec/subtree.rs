//! A part of a flattened tree: a node of the spec together with its leaves.

use super::{SpecBuilder, SpecNode, TreeSpec};
use crate::{KeyEntry, KeyPath};

/// A node or leaf of a flattened tree, with its leaves: what [`Flat::root`](crate::Flat::root) gives for the whole
/// tree.
///
/// `L` is the type of the leaves: [`LeafRef`](crate::LeafRef), or results of your own, one per leaf of a spec.
///
/// ```
/// use pytree_core::{Meta, Subtree, flatten};
/// let tree = (1_i64, vec![2_i64, 3]);
/// let flat = flatten::<Meta, _>(&tree)?;
/// let sizes: Vec<usize> = flat.root().children().map(|child| child.leaves().len()).collect();
/// assert_eq!(sizes, [1, 2]);
/// # Ok::<(), pytree_core::TreeError>(())
/// ```
#[derive(Debug)]
pub struct Subtree<'f, L> {
    node: SpecNode<'f>,
    leaves: &'f [L],
}

impl<L> Clone for Subtree<'_, L> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<L> Copy for Subtree<'_, L> {}

impl<'f, L> Subtree<'f, L> {
    /// The whole tree of `spec` with these leaves; `None` if their number differs from the spec's.
    pub fn of(spec: &'f TreeSpec, leaves: &'f [L]) -> Option<Self> {
        (spec.num_leaves() == leaves.len()).then(|| Subtree::new(spec.root(), leaves))
    }

    /// `leaves` are those of `node`.
    pub(crate) fn new(node: SpecNode<'f>, leaves: &'f [L]) -> Self {
        Subtree { node, leaves }
    }

    /// Its node in the spec.
    pub fn node(self) -> SpecNode<'f> {
        self.node
    }

    /// Its leaves, in order.
    pub fn leaves(self) -> &'f [L] {
        self.leaves
    }

    /// The leaf, if this is one.
    pub fn leaf(self) -> Option<&'f L> {
        if self.node.is_leaf() { self.leaves.first() } else { None }
    }

    /// Its path from the root of the flattened tree.
    pub fn path(self) -> KeyPath {
        self.node.path()
    }

    /// Its structure, as a spec of its own.
    pub fn spec(self) -> TreeSpec {
        self.node.to_spec()
    }

    /// Its children, in order.
    pub fn children(self) -> impl Iterator<Item = Subtree<'f, L>> {
        let mut rest = self.leaves;
        self.node.children().map(move |node| {
            let (own, after) = rest.split_at(node.num_leaves().min(rest.len()));
            rest = after;
            Subtree { node, leaves: own }
        })
    }

    /// The child that `entry` leads to.
    pub fn child(self, entry: &KeyEntry) -> Option<Subtree<'f, L>> {
        let position = (0..self.node.arity()).find(|i| self.node.entry(*i) == *entry)?;
        self.children().nth(position)
    }

    /// The leaves, and the nodes for which `is_leaf` is true, in order: `tree_flatten` with `is_leaf`.
    ///
    /// As in torch the predicate is called for every node and leaf that the walk reaches, before its children. The
    /// returned spec has one leaf per item: [`unflatten`](crate::unflatten) with it is `tree_map` with `is_leaf`.
    ///
    /// ```
    /// use pytree_core::{Kind, Leaf, Meta, Value, flatten, unflatten};
    /// let tree = (1_i64, vec![2_i64, 3]);
    /// let flat = flatten::<Meta, _>(&tree)?;
    /// let (lists, spec) = flat.root().flatten_where(|at| at.node().kind() == Some(Kind::List));
    /// assert_eq!((lists.len(), spec.pprint().as_str()), (2, "(*, *)"));
    ///
    /// let counts = lists.iter().map(|at| Leaf::Int(at.leaves().len() as i64));
    /// let counts: Value<Meta> = unflatten(counts, &spec)?;
    /// assert_eq!(format!("{counts:?}"), "tuple([1, 2])");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn flatten_where(self, mut is_leaf: impl FnMut(Subtree<'f, L>) -> bool) -> (Vec<Subtree<'f, L>>, TreeSpec) {
        let (mut found, mut spec) = (Vec::new(), SpecBuilder::default());
        // The open nodes, each with the children that are still to come, the last first.
        let mut open: Vec<Vec<Subtree<'f, L>>> = vec![vec![self]];
        while let Some(rest) = open.last_mut() {
            let Some(at) = rest.pop() else {
                open.pop();
                spec.close();
                continue;
            };
            let taken = is_leaf(at);
            match at.node.context() {
                Some(context) if !taken => {
                    spec.open(context.clone(), at.node.arity());
                    let mut children: Vec<_> = at.children().collect();
                    children.reverse();
                    open.push(children);
                }
                _ => {
                    spec.leaf();
                    found.push(at);
                }
            }
        }
        (found, spec.finish())
    }
}
