//! One argument of one input set, or a part of it, as the Python object it stands for.

use super::class::Class;
use crate::classes;
use crate::inputs::{InputSet, LeafDescription, arguments};
use pytree_core::{Context, Key, KeyEntry, LeafKind, Subtree};

/// A value of an input set.
#[derive(Clone, Copy)]
pub(super) struct Object<'a> {
    at: Subtree<'a, LeafDescription>,
    /// Whether this is inside a registered class. There onnx-diagnostic sees lists only: every node is one, and every
    /// leaf but a tensor is an empty one.
    listed: bool,
}

impl<'a> Object<'a> {
    /// The arguments of a set: positional ones, and named ones with their names.
    pub(super) fn arguments(set: &'a InputSet) -> (Vec<Object<'a>>, Vec<(&'a str, Object<'a>)>) {
        let object = |at| Object { at, listed: false };
        let (args, kwargs) = arguments(set.tree());
        (args.map(object).collect(), set.names().zip(kwargs.map(object)).collect())
    }

    pub(super) fn leaf(self) -> Option<&'a LeafDescription> {
        self.at.leaf()
    }

    pub(super) fn class(self) -> Class<'a> {
        match (self.leaf(), self.at.node().context()) {
            (Some(LeafDescription::Tensor(_)), _) => Class::Plain(LeafKind::Tensor),
            _ if self.listed => Class::List,
            (Some(LeafDescription::Array(_)), _) => Class::Array,
            (Some(LeafDescription::Plain(kind)), _) => Class::Plain(*kind),
            (Some(LeafDescription::Opaque(name)), _) => Class::Unknown(name),
            (None, Some(Context::List)) => Class::List,
            (None, Some(Context::Tuple)) => Class::Tuple,
            (None, Some(Context::Dict(_))) => Class::Dict,
            (None, Some(Context::ImmutableList)) => Class::ListSubclass(Context::ImmutableList.type_name()),
            (None, Some(context)) if classes::is_tuple_subclass(context) => Class::TupleSubclass(context.type_name()),
            (None, Some(context)) if classes::is_dict_subclass(context) => Class::DictSubclass(context.type_name()),
            (None, Some(context)) => Class::Registered(context.type_name()),
            // A leaf always has a description: the set was checked to have as many as its structure.
            (None, None) => Class::Plain(LeafKind::None),
        }
    }

    /// The class; for an export a `ModelOutput` is a registered class, though it is a dict too.
    pub(super) fn class_of(self, exportable: bool) -> Class<'a> {
        match (self.class(), self.at.node().context()) {
            (Class::DictSubclass(name), Some(context)) if exportable && classes::is_model_output(context) => {
                Class::Registered(name)
            }
            (class, _) => class,
        }
    }

    pub(super) fn is_none(self) -> bool {
        self.class() == Class::Plain(LeafKind::None)
    }

    /// The children as they stand.
    pub(super) fn children(self) -> Vec<Object<'a>> {
        self.at.children().map(|at| Object { at, ..self }).collect()
    }

    /// The children of a registered class.
    pub(super) fn listed_children(self) -> Vec<Object<'a>> {
        self.at.children().map(|at| Object { at, listed: true }).collect()
    }

    /// The children of a dict or of a subclass, with their keys.
    pub(super) fn items(self) -> Vec<(Key, Object<'a>)> {
        let key = |i: usize| match self.at.node().entry(i) {
            KeyEntry::Mapping(key) => key,
            KeyEntry::GetAttr(name) => Key::Str(name),
            // No dict has numbered children.
            other => Key::from(other.to_string()),
        };
        self.children().into_iter().enumerate().map(|(i, child)| (key(i), child)).collect()
    }

    /// The number of children.
    pub(super) fn arity(self) -> usize {
        self.at.node().arity()
    }

    /// The key of child `index`.
    pub(super) fn entry(self, index: usize) -> KeyEntry {
        self.at.node().entry(index)
    }

    /// Keys and values of an unregistered cache, layer by layer.
    pub(super) fn layers(self) -> Option<(Vec<Object<'a>>, Vec<Object<'a>>)> {
        let (keys, values) = classes::layers(self.at)?;
        let objects = |parts: Vec<_>| parts.into_iter().map(|at| Object { at, ..self }).collect();
        Some((objects(keys), objects(values)))
    }
}
