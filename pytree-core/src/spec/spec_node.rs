//! One node of a spec.

use super::tree_spec::{Entry, LEAF, Tag};
use super::{Context, Kind, SpecBuilder, TreeSpec};
use crate::{KeyEntry, KeyPath};
use std::ops::Range;

/// A node or leaf inside a [`TreeSpec`].
#[derive(Clone, Copy, Debug)]
pub struct SpecNode<'s> {
    pub(super) spec: &'s TreeSpec,
    pub(super) index: usize,
}

impl<'s> SpecNode<'s> {
    fn entry_data(&self) -> Entry {
        self.spec.entry(self.index)
    }

    /// The position in the order of a walk. The root is 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Whether this is a leaf.
    pub fn is_leaf(&self) -> bool {
        self.spec.nodes[self.index] == LEAF
    }

    /// The kind of the node; `None` for a leaf.
    pub fn kind(&self) -> Option<Kind> {
        match self.entry_data().tag {
            Tag::Leaf => None,
            Tag::List => Some(Kind::List),
            Tag::Tuple => Some(Kind::Tuple),
            Tag::Context => Some(self.spec.contexts[self.entry_data().context as usize].kind()),
        }
    }

    /// What the spec stores of the node besides its children; `None` for a leaf.
    pub fn context(&self) -> Option<&'s Context> {
        match self.entry_data().tag {
            Tag::Leaf => None,
            Tag::List => Some(&Context::List),
            Tag::Tuple => Some(&Context::Tuple),
            Tag::Context => Some(&self.spec.contexts[self.entry_data().context as usize]),
        }
    }

    /// How many children the node has.
    pub fn arity(&self) -> usize {
        self.entry_data().arity as usize
    }

    /// How many leaves the subtree has.
    pub fn num_leaves(&self) -> usize {
        self.entry_data().leaves as usize
    }

    /// How many nodes and leaves the subtree has, this one included.
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

    pub(super) fn range(&self) -> Range<usize> {
        self.index..self.index + self.num_nodes()
    }

    /// The depth of the subtree: 0 for a leaf, 1 for a list of leaves.
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

/// Two subtrees are equal if their structures are: kinds, names, keys, static values and children.
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
