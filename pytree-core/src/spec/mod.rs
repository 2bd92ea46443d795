//! The structure of a tree, as data.

mod build;
mod dump;
mod load;
mod pprint;
mod python_json;
mod same;
mod serde_form;
mod text;

pub use build::SpecBuilder;
pub use dump::DumpError;
pub use load::{NodeError, NodePlace, TreeSpecError};

pub(crate) use text::python_class;

/// A JSON value as Python's `json.dumps` writes it.
pub(crate) fn python_text(value: &serde_json::Value) -> String {
    let mut text = String::new();
    python_json::value(&mut text, value);
    text
}

use crate::{Context, Key, KeyEntry, KeyPath, Kind, NamedTuple};
use std::ops::Range;

/// The structure of a tree without its leaves (`torch.utils._pytree.TreeSpec`).
///
/// Flat: one number per node and leaf in the order of a walk, a record for each node, and a side table for the nodes that
/// need a name, keys or static values. Comparing two specs compares arrays. No class is needed to hold a custom node.
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
    /// One per node and leaf in the order of a walk: [`LEAF`], or which of `inner` it is. Plain numbers, so that most of a
    /// spec is written and compared as memory is.
    nodes: Vec<u32>,
    /// The nodes that are no leaves, in the order of a walk.
    inner: Vec<Entry>,
    contexts: Vec<Context>,
    /// How many nodes stand in each other at most. It follows from the rest.
    depth: usize,
}

/// The number of every leaf.
const LEAF: u32 = u32::MAX;

/// One node or leaf of a spec. `size` and `leaves` count the whole subtree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Entry {
    tag: Tag,
    context: u32,
    arity: u32,
    size: u32,
    leaves: u32,
}

/// What an entry is; lists and tuples need no context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Tag {
    Leaf,
    List,
    Tuple,
    Context,
}

impl Entry {
    const LEAF: Entry = Entry { tag: Tag::Leaf, context: 0, arity: 0, size: 1, leaves: 1 };
}

impl TreeSpec {
    /// How deep a tree may be to be flattened or rebuilt: as deep as Python's recursion goes, and no stack overflows. A spec
    /// made by hand may be deeper.
    pub const MAX_DEPTH: usize = 1000;

    /// The spec of a lone leaf (`treespec_leaf`).
    pub fn leaf() -> TreeSpec {
        TreeSpec { nodes: vec![LEAF], inner: Vec::new(), contexts: Vec::new(), depth: 0 }
    }

    /// The spec of a list of these.
    pub fn list(children: impl IntoIterator<Item = TreeSpec>) -> TreeSpec {
        Self::node(Context::List, children)
    }

    /// The spec of a tuple of these (`treespec_tuple`).
    pub fn tuple(children: impl IntoIterator<Item = TreeSpec>) -> TreeSpec {
        Self::node(Context::Tuple, children)
    }

    /// The spec of a dict of these, in this order (`treespec_dict`).
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

    /// This spec with `inner` in the place of every leaf: the structure of a tree of trees.
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

    /// Whether the tree is a lone leaf.
    pub fn is_leaf(&self) -> bool {
        self.nodes[0] == LEAF
    }

    /// The root, to be looked at.
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

    /// How many nodes stand in each other at most: 0 for a leaf, 1 for a list of leaves.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Every node and leaf, in the order of a walk.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = SpecNode<'_>> {
        (0..self.nodes.len()).map(|index| SpecNode { spec: self, index })
    }

    /// The node or leaf at `path`, or `None` where there is none.
    pub fn at(&self, path: &KeyPath) -> Option<SpecNode<'_>> {
        path.entries().iter().try_fold(self.root(), |node, entry| {
            let position = (0..node.arity()).find(|i| node.entry(*i) == *entry)?;
            node.children().nth(position)
        })
    }

    /// The namedtuple classes of the spec, each once: what a `.pt2` file lists in `treespec_namedtuple_fields`.
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

    fn entry(&self, index: usize) -> Entry {
        match self.nodes[index] {
            LEAF => Entry::LEAF,
            inner => self.inner[inner as usize],
        }
    }

    /// How many of the next nodes and leaves from `index` on are leaves, `count` at most.
    #[inline]
    pub(crate) fn leaf_run(&self, index: usize, count: usize) -> usize {
        // All children of a node that has no other nodes in it: the common case, told without a look at them.
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

    /// The node or leaf that stands at `index` in the order of a walk.
    pub(crate) fn node_at(&self, index: usize) -> Option<SpecNode<'_>> {
        (index < self.nodes.len()).then_some(SpecNode { spec: self, index })
    }

    /// The path of the node or leaf that stands at `index` in the order of a walk.
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

/// A node or leaf inside a [`TreeSpec`].
#[derive(Clone, Copy, Debug)]
pub struct SpecNode<'s> {
    spec: &'s TreeSpec,
    index: usize,
}

impl<'s> SpecNode<'s> {
    fn entry_data(&self) -> Entry {
        self.spec.entry(self.index)
    }

    /// The position in the order of a walk; the root is 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Whether this is a leaf.
    pub fn is_leaf(&self) -> bool {
        self.spec.nodes[self.index] == LEAF
    }

    /// Which kind of node this is; `None` for a leaf.
    pub fn kind(&self) -> Option<Kind> {
        match self.entry_data().tag {
            Tag::Leaf => None,
            Tag::List => Some(Kind::List),
            Tag::Tuple => Some(Kind::Tuple),
            Tag::Context => Some(self.spec.contexts[self.entry_data().context as usize].kind()),
        }
    }

    /// What the node remembers beside its children; `None` for a leaf.
    pub fn context(&self) -> Option<&'s Context> {
        match self.entry_data().tag {
            Tag::Leaf => None,
            Tag::List => Some(&Context::List),
            Tag::Tuple => Some(&Context::Tuple),
            Tag::Context => Some(&self.spec.contexts[self.entry_data().context as usize]),
        }
    }

    /// How many children.
    pub fn arity(&self) -> usize {
        self.entry_data().arity as usize
    }

    /// How many leaves in the subtree.
    pub fn num_leaves(&self) -> usize {
        self.entry_data().leaves as usize
    }

    /// How many nodes and leaves in the subtree, this one included.
    pub fn num_nodes(&self) -> usize {
        self.entry_data().size as usize
    }

    /// The children, in order.
    pub fn children(self) -> impl Iterator<Item = SpecNode<'s>> {
        let mut next = self.index + 1;
        (0..self.arity()).map(move |_| {
            let child = SpecNode { spec: self.spec, index: next };
            next += child.num_nodes();
            child
        })
    }

    /// The key of child `position` (`SequenceKey`, `MappingKey` or `GetAttrKey`).
    pub fn entry(&self, position: usize) -> KeyEntry {
        self.context().map_or(KeyEntry::Sequence(position), |context| context.entry(position))
    }

    /// The path of the node, from the root of the spec.
    pub fn path(&self) -> KeyPath {
        self.spec.node_path(self.index)
    }

    /// The subtree as a spec of its own.
    pub fn to_spec(&self) -> TreeSpec {
        let mut builder = SpecBuilder::default();
        builder.append_node(*self);
        builder.finish()
    }

    fn range(&self) -> Range<usize> {
        self.index..self.index + self.num_nodes()
    }

    /// How many nodes stand in each other at most, from this one on.
    pub fn depth(&self) -> usize {
        if self.index == 0 {
            return self.spec.depth;
        }
        let (mut ends, mut deepest) = (Vec::new(), 0);
        for index in self.range() {
            while ends.last().is_some_and(|end| *end <= index) {
                ends.pop();
            }
            let entry = self.spec.entry(index);
            if entry.tag != Tag::Leaf {
                ends.push(index + entry.size as usize);
                deepest = deepest.max(ends.len());
            }
        }
        deepest
    }
}

/// Two subtrees are equal when their structure is: kinds, names, keys, static values and children.
impl PartialEq for SpecNode<'_> {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (self.range(), other.range());
        a.len() == b.len()
            && a.zip(b).all(|(i, j)| {
                let (x, y) = (SpecNode { index: i, ..*self }, SpecNode { index: j, ..*other });
                x.arity() == y.arity() && x.context() == y.context()
            })
    }
}
impl Eq for SpecNode<'_> {}
