//! The structure of a tree, as data.

use super::{Context, NamedTuple, SpecBuilder, SpecNode};
use crate::{Key, KeyPath};

/// The structure of a tree without its leaves (`torch.utils._pytree.TreeSpec`).
///
/// A spec is flat data: one number per node and leaf in the order of a walk, a record per node, and a table of contexts
/// for the nodes that have a name, keys or static values. Comparing two specs compares arrays. Custom nodes are stored
/// without their classes.
///
/// `Display` is torch's text; [`to_json`](TreeSpec::to_json) and [`from_json`](TreeSpec::from_json) are
/// `treespec_dumps` and `treespec_loads`.
///
/// ```
/// use pytree_core::{DType, TensorMeta, structure};
/// let t = TensorMeta::new(DType::Float32, [2]);
/// let spec = structure(&(t.clone(), vec![t]))?;
/// assert_eq!((spec.num_leaves(), spec.num_nodes(), spec.num_children()), (2, 4, 2));
/// assert_eq!(spec.to_string(), "TreeSpec(tuple, None, [*,\n  TreeSpec(list, None, [*])])");
/// # Ok::<(), pytree_core::TreeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TreeSpec {
    /// One number per node and leaf in the order of a walk: [`LEAF`], or an index into `inner`. Numbers are copied and
    /// compared in bulk.
    pub(super) nodes: Vec<u32>,
    /// The nodes that are not leaves, in the order of a walk.
    pub(super) inner: Vec<Entry>,
    pub(super) contexts: Vec<Context>,
    /// How deep the nodes are nested. It follows from the rest.
    pub(super) depth: usize,
}

/// The number of every leaf.
pub(super) const LEAF: u32 = u32::MAX;

/// One node or leaf of a spec. `size` and `leaves` count the whole subtree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Entry {
    pub(super) tag: Tag,
    pub(super) context: u32,
    pub(super) arity: u32,
    pub(super) size: u32,
    pub(super) leaves: u32,
}

/// What an entry is. Lists and tuples need no context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Tag {
    Leaf,
    List,
    Tuple,
    Context,
}

impl Entry {
    const LEAF: Entry = Entry { tag: Tag::Leaf, context: 0, arity: 0, size: 1, leaves: 1 };
}

impl TreeSpec {
    /// The greatest depth of a tree that can be flattened or rebuilt: that of Python's recursion, at which no stack
    /// overflows. A spec made by hand may be deeper.
    pub const MAX_DEPTH: usize = 1000;

    /// The spec of a single leaf (`treespec_leaf`).
    pub fn leaf() -> TreeSpec {
        TreeSpec { nodes: vec![LEAF], inner: Vec::new(), contexts: Vec::new(), depth: 0 }
    }

    /// The spec of a list with these children.
    pub fn list(children: impl IntoIterator<Item = TreeSpec>) -> TreeSpec {
        Self::node(Context::List, children)
    }

    /// The spec of a tuple with these children (`treespec_tuple`).
    pub fn tuple(children: impl IntoIterator<Item = TreeSpec>) -> TreeSpec {
        Self::node(Context::Tuple, children)
    }

    /// The spec of a dict with these items, in this order (`treespec_dict`).
    pub fn dict<K: Into<Key>>(items: impl IntoIterator<Item = (K, TreeSpec)>) -> TreeSpec {
        let (keys, children): (Vec<Key>, Vec<TreeSpec>) = items.into_iter().map(|(k, v)| (k.into(), v)).unzip();
        Self::node(Context::Dict(keys), children)
    }

    /// The spec of a node with this context and these children.
    ///
    /// ```
    /// use pytree_core::TreeSpec;
    /// let spec = TreeSpec::dict([("a", TreeSpec::leaf()), ("b", TreeSpec::tuple([TreeSpec::leaf()]))]);
    /// assert_eq!(spec.pprint(), "{'a': *, 'b': (*,)}");
    /// ```
    pub fn node(context: Context, children: impl IntoIterator<Item = TreeSpec>) -> TreeSpec {
        let mut builder = SpecBuilder::default();
        let parts: Vec<_> = children.into_iter().collect();
        builder.open(context, parts.len());
        for child in parts {
            builder.append(&child);
        }
        builder.close();
        builder.finish()
    }

    /// This spec with every leaf replaced by `inner`: the structure of a tree of trees.
    ///
    /// ```
    /// use pytree_core::TreeSpec;
    /// let pair = TreeSpec::tuple([TreeSpec::leaf(), TreeSpec::leaf()]);
    /// assert_eq!(TreeSpec::list([TreeSpec::leaf()]).compose(&pair).pprint(), "[(*, *)]");
    /// ```
    pub fn compose(&self, inner: &TreeSpec) -> TreeSpec {
        let mut builder = SpecBuilder::default();
        // The ends of the open nodes, in the order of a walk over `self`.
        let mut ends = Vec::new();
        for node in (0..self.nodes.len()).map(|index| SpecNode { spec: self, index }) {
            while ends.last().is_some_and(|end| *end <= node.index) {
                ends.pop();
                builder.close();
            }
            match node.context() {
                None => builder.append(inner),
                Some(context) => {
                    builder.open(context.clone(), node.arity());
                    ends.push(node.range().end);
                }
            }
        }
        builder.finish()
    }

    /// How many leaves the tree has.
    pub fn num_leaves(&self) -> usize {
        self.entry(0).leaves as usize
    }

    /// How many nodes and leaves the tree has, the root included.
    pub fn num_nodes(&self) -> usize {
        self.nodes.len()
    }

    /// How many children the root has.
    pub fn num_children(&self) -> usize {
        self.entry(0).arity as usize
    }

    /// Whether the tree is a single leaf.
    pub fn is_leaf(&self) -> bool {
        self.nodes[0] == LEAF
    }

    /// The root.
    pub fn root(&self) -> SpecNode<'_> {
        SpecNode { spec: self, index: 0 }
    }

    /// The specs of the root's children (`spec.children()`).
    pub fn children(&self) -> impl Iterator<Item = TreeSpec> {
        self.root().children().map(|node| node.to_spec())
    }

    /// The spec of child `index` (`spec.child(i)`).
    pub fn child(&self, index: usize) -> Option<TreeSpec> {
        self.root().children().nth(index).map(|node| node.to_spec())
    }

    /// How deep the nodes are nested: 0 for a leaf, 1 for a list of leaves.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Every node and leaf, in the order of a walk.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = SpecNode<'_>> {
        (0..self.nodes.len()).map(|index| SpecNode { spec: self, index })
    }

    /// The node or leaf at `path`, or `None` if there is none.
    pub fn at(&self, path: &KeyPath) -> Option<SpecNode<'_>> {
        path.entries().iter().try_fold(self.root(), |node, entry| {
            let position = (0..node.arity()).find(|i| node.entry(*i) == *entry)?;
            node.children().nth(position)
        })
    }

    /// The namedtuple classes of the spec, each once: those that a `.pt2` file lists in `treespec_namedtuple_fields`.
    pub fn namedtuples(&self) -> Vec<&NamedTuple> {
        let mut classes: Vec<&NamedTuple> = Vec::new();
        for context in &self.contexts {
            if let Context::NamedTuple(class) = context
                && !classes.contains(&class)
            {
                classes.push(class);
            }
        }
        classes
    }

    /// The path of leaf `index`.
    pub fn leaf_path(&self, index: usize) -> Option<KeyPath> {
        let mut node = self.root();
        let mut before = 0;
        let mut path = Vec::new();
        (index < self.num_leaves()).then_some(())?;
        while !node.is_leaf() {
            let (position, child) = node.children().enumerate().find(|(_, child)| {
                let inside = index < before + child.num_leaves();
                before += if inside { 0 } else { child.num_leaves() };
                inside
            })?;
            path.push(node.entry(position));
            node = child;
        }
        Some(KeyPath(path))
    }

    /// The paths of all leaves, in order (`tree_flatten_with_path` without the values).
    pub fn leaf_paths(&self) -> impl Iterator<Item = KeyPath> {
        let mut stack: Vec<(Option<SpecNode<'_>>, KeyPath)> = vec![(Some(self.root()), KeyPath::default())];
        std::iter::from_fn(move || {
            while let Some((node, path)) = stack.pop() {
                let node = node?;
                if node.is_leaf() {
                    return Some(path);
                }
                let first = stack.len();
                for (position, child) in node.children().enumerate() {
                    stack.push((Some(child), path.join(node.entry(position))));
                }
                stack[first..].reverse();
            }
            None
        })
    }

    pub(super) fn entry(&self, index: usize) -> Entry {
        match self.nodes[index] {
            LEAF => Entry::LEAF,
            inner => self.inner[inner as usize],
        }
    }

    /// How many of the next nodes and leaves from `index` on are leaves, `count` at most.
    #[inline]
    pub(crate) fn leaf_run(&self, index: usize, count: usize) -> usize {
        // The common case, all children of a node without inner nodes, needs no look at them.
        if let Some(entry) =
            index.checked_sub(1).and_then(|i| self.nodes.get(i)).and_then(|i| self.inner.get(*i as usize))
            && (entry.arity as usize, entry.leaves, entry.size - 1) == (count, entry.arity, entry.arity)
        {
            return count;
        }
        let rest = self.nodes.get(index..).unwrap_or_default();
        let rest = &rest[..count.min(rest.len())];
        rest.iter().position(|node| *node != LEAF).unwrap_or(rest.len())
    }

    /// The node or leaf at `index` in the order of a walk.
    pub(crate) fn node_at(&self, index: usize) -> Option<SpecNode<'_>> {
        (index < self.nodes.len()).then_some(SpecNode { spec: self, index })
    }

    /// The path of the node or leaf at `index` in the order of a walk.
    pub(crate) fn node_path(&self, index: usize) -> KeyPath {
        let mut node = self.root();
        let mut path = Vec::new();
        while node.index < index {
            let Some((position, child)) =
                node.children().enumerate().find(|(_, c)| (c.index..c.index + c.num_nodes()).contains(&index))
            else {
                break;
            };
            path.push(node.entry(position));
            node = child;
        }
        KeyPath(path)
    }
}
