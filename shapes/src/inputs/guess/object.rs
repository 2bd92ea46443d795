//! One argument of one input set, or a part of it, as the Python object it stands for.

use crate::classes;
use crate::cursor::Cursor;
use crate::inputs::{InputSet, LeafDescription};
use pytree_core::{Context, Key, KeyEntry, LeafKind};
use std::fmt;

/// The class of a Python object, as far as guessing tells classes apart: by exact type, never by base class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class<'a> {
    Plain(LeafKind),
    Array,
    List,
    Tuple,
    Dict,
    /// A subclass of `list`, which is looked into as a list is; so with the next two.
    ListSubclass(&'a str),
    TupleSubclass(&'a str),
    DictSubclass(&'a str),
    /// A class registered with the pytree.
    Registered(&'a str),
    /// A class that is not.
    Unknown(&'a str),
}

/// `<class 'list'>`, as Python prints the class.
impl fmt::Display for Class<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Class::Plain(kind) => kind.python_type(),
            Class::Array => "numpy.ndarray",
            Class::List => "list",
            Class::Tuple => "tuple",
            Class::Dict => "dict",
            Class::ListSubclass(name)
            | Class::TupleSubclass(name)
            | Class::DictSubclass(name)
            | Class::Registered(name)
            | Class::Unknown(name) => name,
        };
        write!(f, "<class '{name}'>")
    }
}

/// A value of an input set.
#[derive(Clone, Copy)]
pub(super) struct Object<'a> {
    pub(super) set: &'a InputSet,
    pub(super) at: Cursor<'a>,
    /// Whether this is inside a registered class. There onnx-diagnostic sees lists only: every node is one, and every
    /// leaf but a tensor is an empty one.
    pub(super) listed: bool,
}

impl<'a> Object<'a> {
    /// The arguments of a set: positional ones, and named ones with their names.
    pub(super) fn arguments(set: &'a InputSet) -> (Vec<Object<'a>>, Vec<(&'a str, Object<'a>)>) {
        let object = |at| Object { set, at, listed: false };
        let mut parts = Cursor::root(set.spec().root()).children();
        let args = parts.next().map(|args| args.children().map(object).collect()).unwrap_or_default();
        let kwargs = parts.next().map(|kwargs| set.names().zip(kwargs.children().map(object)).collect());
        (args, kwargs.unwrap_or_default())
    }

    pub(super) fn leaf(self) -> Option<&'a LeafDescription> {
        if self.at.node.is_leaf() { self.set.leaves().get(self.at.first_leaf) } else { None }
    }

    pub(super) fn class(self) -> Class<'a> {
        match (self.leaf(), self.at.node.context()) {
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
        match (self.class(), self.at.node.context()) {
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
        self.at.children().map(|at| Object { at, listed: true, ..self }).collect()
    }

    /// The children of a dict or of a subclass, with their keys.
    pub(super) fn items(self) -> Vec<(Key, Object<'a>)> {
        let key = |i: usize| match self.at.node.entry(i) {
            KeyEntry::Mapping(key) => key,
            KeyEntry::GetAttr(name) => Key::Str(name),
            // No dict has numbered children.
            other => Key::from(other.to_string()),
        };
        self.children().into_iter().enumerate().map(|(i, child)| (key(i), child)).collect()
    }

    /// The key of child `index`.
    pub(super) fn entry(self, index: usize) -> KeyEntry {
        self.at.node.entry(index)
    }

    /// Keys and values of an unregistered cache, layer by layer.
    pub(super) fn layers(self) -> Option<(Vec<Object<'a>>, Vec<Object<'a>>)> {
        let (keys, values) = classes::layers(self.at)?;
        let objects = |cursors: Vec<_>| cursors.into_iter().map(|at| Object { at, ..self }).collect();
        Some((objects(keys), objects(values)))
    }
}
