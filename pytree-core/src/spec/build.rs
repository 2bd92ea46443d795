//! Building a spec, node by node.

use super::tree_spec::{Entry, LEAF, Tag};
use super::{SpecNode, TreeSpec};
use crate::python::Json;
use crate::walk::Count;
use crate::{Context, Family, Kind, LeafRef, NamedTuple, Names, Node, NodeType, Present, TreeError, Visitor};
use serde_json::Value;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::ControlFlow;

/// Builds a [`TreeSpec`]: as a [`Visitor`] of a tree, or by hand with `open`, `leaf` and `close`.
#[derive(Debug, Default)]
pub struct SpecBuilder {
    nodes: Vec<u32>,
    inner: Vec<Entry>,
    contexts: Vec<Context>,
    open: SmallVec<[Open; 8]>,
    /// The counts of the node begun last, or of the whole builder outside of all nodes.
    last: Counts,
    depth: usize,
}

/// A node that has begun and not ended.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// Its position in the order of a walk.
    at: u32,
    /// Its index among the inner nodes.
    inner: u32,
    /// The counts of the node around it.
    around: Counts,
}

/// The numbers of children, and of leaves in the whole subtree.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    arity: u32,
    leaves: u32,
}

impl SpecBuilder {
    /// A builder with room for `nodes` nodes and leaves.
    pub fn with_capacity(nodes: usize) -> Self {
        SpecBuilder { nodes: Vec::with_capacity(nodes), ..Self::default() }
    }

    /// A builder with room for a tree that has been counted.
    pub(crate) fn for_tree(count: Count) -> Self {
        let inner = Vec::with_capacity(count.nodes);
        SpecBuilder { inner, ..Self::with_capacity(count.nodes + count.leaves) }
    }

    /// Begins a node of `arity` children.
    ///
    /// The number is a hint: the spec has as many children as are added.
    pub fn open(&mut self, context: Context, arity: usize) {
        match context {
            Context::List => self.push(Tag::List, 0, arity),
            Context::Tuple => self.push(Tag::Tuple, 0, arity),
            context => {
                self.contexts.push(context);
                self.push(Tag::Context, self.contexts.len() - 1, arity);
            }
        }
    }

    #[inline]
    fn push(&mut self, tag: Tag, context: usize, arity: usize) {
        self.open.push(Open { at: self.nodes.len() as u32, inner: self.inner.len() as u32, around: self.last });
        self.last = Counts::default();
        self.depth = self.depth.max(self.open.len());
        self.nodes.push(self.inner.len() as u32);
        self.inner.push(Entry { tag, context: context as u32, arity: arity as u32, size: 0, leaves: 0 });
    }

    /// Adds a leaf.
    #[inline(always)]
    pub fn leaf(&mut self) {
        self.nodes.push(LEAF);
        self.last.arity += 1;
        self.last.leaves += 1;
    }

    /// Adds `count` leaves.
    #[inline(always)]
    pub fn leaves(&mut self, count: usize) {
        // Blocks are copied, where `resize` would write one number at a time.
        const BLOCK: [u32; 64] = [LEAF; 64];
        self.nodes.reserve(count);
        for _ in 0..count / BLOCK.len() {
            self.nodes.extend_from_slice(&BLOCK);
        }
        self.nodes.extend_from_slice(&BLOCK[..count % BLOCK.len()]);
        self.last.arity += count as u32;
        self.last.leaves += count as u32;
    }

    /// Ends the node begun last.
    #[inline]
    pub fn close(&mut self) {
        if let Some(Open { at, inner, around }) = self.open.pop() {
            let Counts { arity, leaves } = self.last;
            let entry = &mut self.inner[inner as usize];
            // The announced arity may be wrong; every walk over the spec relies on the true one.
            *entry = Entry { arity, leaves, size: self.nodes.len() as u32 - at, ..*entry };
            self.last = Counts { arity: around.arity + 1, leaves: around.leaves + leaves };
        }
    }

    /// Adds a whole spec as a child.
    pub fn append(&mut self, spec: &TreeSpec) {
        self.append_node(spec.root());
    }

    /// Adds a subtree of another spec as a child.
    pub fn append_node(&mut self, node: SpecNode<'_>) {
        self.depth = self.depth.max(self.open.len() + node.depth());
        for index in node.range() {
            let mut entry = node.spec.entry(index);
            if entry.tag == Tag::Leaf {
                self.nodes.push(LEAF);
                continue;
            }
            if entry.tag == Tag::Context {
                self.contexts.push(node.spec.contexts[entry.context as usize].clone());
                entry.context = (self.contexts.len() - 1) as u32;
            }
            self.nodes.push(self.inner.len() as u32);
            self.inner.push(entry);
        }
        self.last.arity += 1;
        self.last.leaves += node.num_leaves() as u32;
    }

    /// The finished spec: a leaf if nothing was added. A second root is dropped.
    pub fn finish(mut self) -> TreeSpec {
        while !self.open.is_empty() {
            self.close();
        }
        if self.nodes.is_empty() {
            self.leaf();
        }
        let spec = TreeSpec { nodes: self.nodes, inner: self.inner, contexts: self.contexts, depth: self.depth };
        // A tree has one root.
        if self.last.arity > 1 { spec.root().to_spec() } else { spec }
    }

    /// Begins a node as a walk announces it.
    #[inline]
    pub(crate) fn begin(&mut self, node: &Node<'_>) -> ControlFlow<TreeError> {
        match self.enter_node(node) {
            Ok(()) => ControlFlow::Continue(()),
            Err(e) => ControlFlow::Break(e),
        }
    }

    fn enter_node(&mut self, node: &Node<'_>) -> Result<(), TreeError> {
        let arity = node.arity();
        u32::try_from(arity).map_err(|_| TreeError::TooLarge { arity })?;
        if self.open.len() >= TreeSpec::MAX_DEPTH {
            return Err(TreeError::TooDeep { limit: TreeSpec::MAX_DEPTH });
        }
        match node {
            Node::List(_) => self.push(Tag::List, 0, arity),
            Node::Tuple(_) => self.push(Tag::Tuple, 0, arity),
            Node::Dict(_, keys) => self.open(paired(keys.context(), arity)?, arity),
            Node::Context(context, _) => {
                distinct(context)?;
                self.open(paired((*context).clone(), arity)?, arity);
            }
            Node::Struct { ty, present, statics } => {
                let statics = statics
                    .map(|s| s.to_json())
                    .transpose()
                    .map_err(|e| TreeError::Static { type_name: ty.rust_name, message: e.to_string() })?;
                self.open(struct_context(ty, *present, statics), arity);
            }
        }
        Ok(())
    }
}

/// Whether a node of a spec is one that a walk would announce like this. Nothing is allocated for structs without static
/// fields, for lists and tuples, and for dicts that can compare their keys.
pub(crate) fn is_context_of(expected: SpecNode<'_>, node: &Node<'_>) -> bool {
    let Some(expected) = expected.context() else { return false };
    match node {
        Node::List(_) => *expected == Context::List,
        Node::Tuple(_) => *expected == Context::Tuple,
        Node::Dict(_, keys) => keys.have_context(expected),
        Node::Context(context, _) => *context == expected,
        Node::Struct { ty, present, statics: None } if *present == Present::all(ty.fields.len()) => {
            let named = |keys: &[crate::Key]| {
                keys.len() == ty.fields.len() && keys.iter().zip(ty.fields).all(|(key, field)| key.is_str(field))
            };
            match (ty.kind, expected) {
                (Kind::Dict, Context::Dict(keys))
                | (Kind::OrderedDict, Context::OrderedDict(keys))
                | (Kind::ImmutableDict, Context::ImmutableDict(keys)) => named(keys),
                (Kind::Mapping, Context::Mapping { name, fields, statics: None }) => {
                    *name == ty.name && fields.iter().eq(ty.fields.iter().copied())
                }
                (Kind::Dataclass, Context::Dataclass { name, present, absent, statics: None }) => {
                    *name == ty.name && absent.is_empty() && present.iter().eq(ty.fields.iter().copied())
                }
                _ => struct_context(ty, *present, None) == *expected,
            }
        }
        Node::Struct { ty, present, statics } => {
            let statics = statics.map(|statics| statics.to_json()).transpose();
            statics.is_ok_and(|statics| struct_context(ty, *present, statics) == *expected)
        }
    }
}

/// Checks that a context has one name per child.
fn paired(context: Context, children: usize) -> Result<Context, TreeError> {
    match context.arity() {
        Some(names) if names != children => Err(TreeError::Children { kind: context.kind(), names, children }),
        _ => Ok(context),
    }
}

/// Checks that the keys of a dict differ. One that is made at run time may have any keys; a map of Rust cannot repeat
/// one.
fn distinct(context: &Context) -> Result<(), TreeError> {
    let mut seen = HashSet::new();
    match context.keys().and_then(|all| all.iter().find(|key| !seen.insert(*key))) {
        Some(key) => Err(TreeError::KeyTwice { kind: context.kind(), key: key.clone() }),
        None => Ok(()),
    }
}

/// The context of a struct: what all values of its type have in common, and what this value adds.
fn struct_context(ty: &'static NodeType, present: Present, statics: Option<Value>) -> Context {
    let name = Cow::Borrowed(ty.name);
    let pick = |wanted: bool| -> Names {
        if present == Present::all(ty.fields.len()) {
            return Names::Static(if wanted { ty.fields } else { &[] });
        }
        let chosen = ty.fields.iter().enumerate().filter(|(i, _)| present.has(*i) == wanted);
        chosen.map(|(_, name)| Cow::Borrowed(*name)).collect()
    };
    let keys = || ty.fields.iter().map(|f| (*f).into()).collect();
    match ty.kind {
        Kind::List => Context::List,
        Kind::Tuple => Context::Tuple,
        Kind::Dict => Context::Dict(keys()),
        Kind::OrderedDict => Context::OrderedDict(keys()),
        // A struct has no missing keys, so it needs no factory.
        Kind::DefaultDict => Context::DefaultDict { factory: None, keys: keys() },
        Kind::NamedTuple => Context::NamedTuple(NamedTuple { name, fields: Some(Names::Static(ty.fields)) }),
        Kind::Deque => Context::Deque { maxlen: None },
        Kind::Size => Context::Size,
        Kind::ReturnType => Context::ReturnType(name),
        Kind::ImmutableList => Context::ImmutableList,
        Kind::ImmutableDict => Context::ImmutableDict(keys()),
        Kind::Mapping => Context::Mapping { name, fields: pick(true), statics },
        Kind::Dataclass => Context::Dataclass { name, present: pick(true), absent: pick(false), statics },
        Kind::Custom => Context::Custom { name, context: statics.unwrap_or(Value::Null) },
        Kind::Constant => {
            let fields = statics.iter().filter_map(Value::as_object).flatten();
            let fields: Vec<_> = fields.map(|(name, value)| format!("{name}={}", Json(value))).collect();
            let short = ty.name.rsplit(['.', ':']).next().unwrap_or(ty.name);
            let value = Cow::Owned(format!("{short}({})", fields.join(", ")));
            Context::Constant { class: name, value, data: statics }
        }
    }
}

impl<'a, F: Family> Visitor<'a, F> for SpecBuilder {
    type Break = TreeError;

    #[inline]
    fn enter(&mut self, node: &Node<'_>) -> ControlFlow<TreeError, bool> {
        self.begin(node).map_continue(|()| true)
    }

    #[inline(always)]
    fn leaf(&mut self, _: LeafRef<'a, F>) -> ControlFlow<TreeError> {
        SpecBuilder::leaf(self);
        ControlFlow::Continue(())
    }

    #[inline(always)]
    fn tensors(&mut self, tensors: &'a [F::Tensor]) -> ControlFlow<TreeError> {
        self.leaves(tensors.len());
        ControlFlow::Continue(())
    }

    #[inline(always)]
    fn exit(&mut self) -> ControlFlow<TreeError> {
        self.close();
        ControlFlow::Continue(())
    }
}
