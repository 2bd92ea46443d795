//! Nodes: which Python container a Rust value stands for.

use crate::{Context, Key};
use std::fmt;

/// Which kind of Python node a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// `list`
    List,
    /// `tuple`
    Tuple,
    /// `dict`; leaves stay in insertion order, never sorted.
    Dict,
    /// `collections.OrderedDict`
    OrderedDict,
    /// `collections.defaultdict`
    DefaultDict,
    /// A class made by `collections.namedtuple` or `typing.NamedTuple`.
    NamedTuple,
    /// `collections.deque`
    Deque,
    /// `torch.Size`
    Size,
    /// One of `torch.return_types`: what `torch.max(x, 0)` gives.
    ReturnType,
    /// `torch.fx.immutable_collections.immutable_list`
    ImmutableList,
    /// `torch.fx.immutable_collections.immutable_dict`
    ImmutableDict,
    /// A class registered by `torch.export.register_dataclass`: fields that are `None` are dropped and remembered.
    Dataclass,
    /// A class registered with its field names as context and as mapping keys, as `transformers` registers `DynamicCache`.
    Mapping,
    /// A class registered in some other way: the context is kept as data, children are numbered.
    Custom,
    /// A class registered by `register_constant`: no children, the value is the context.
    Constant,
}

impl Kind {
    /// Whether nodes of this kind are one of the three dicts that `flatten_up_to` takes for each other:
    /// `dict`, `OrderedDict`, `defaultdict`.
    pub fn is_standard_dict(self) -> bool {
        matches!(self, Kind::Dict | Kind::OrderedDict | Kind::DefaultDict)
    }

    /// Whether this is a class of its own, known by a serialized name, rather than a container of Python or torch.
    pub fn is_class(self) -> bool {
        matches!(self, Kind::Dataclass | Kind::Mapping | Kind::Custom | Kind::Constant | Kind::ReturnType)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::List => "list",
            Kind::Tuple => "tuple",
            Kind::Dict => "dict",
            Kind::OrderedDict => "OrderedDict",
            Kind::DefaultDict => "defaultdict",
            Kind::NamedTuple => "namedtuple",
            Kind::Deque => "deque",
            Kind::Size => "Size",
            Kind::ReturnType => "return type",
            Kind::ImmutableList => "immutable_list",
            Kind::ImmutableDict => "immutable_dict",
            Kind::Dataclass => "dataclass",
            Kind::Mapping => "mapping",
            Kind::Custom => "custom class",
            Kind::Constant => "constant",
        })
    }
}

/// What the type of a struct fixes about its node. The derive writes one `static` of it per type.
#[derive(Clone, Copy, Debug)]
pub struct NodeType {
    /// Which node it is.
    pub kind: Kind,
    /// The serialized name, such as `transformers.cache_utils.DynamicCache`. Empty for the containers of Python and torch,
    /// but a namedtuple's is the name of its class.
    pub name: &'static str,
    /// The Rust name, for messages.
    pub rust_name: &'static str,
    /// The names of the child fields, as Python sees them.
    pub fields: &'static [&'static str],
}

impl NodeType {
    /// More fields than this do not fit the bit set of present fields.
    pub const MAX_FIELDS: usize = 128;

    /// The name under which the context of an enum holds its variant, beside the static fields.
    pub const VARIANT: &'static str = "variant";
}

/// Which child fields of a struct are present: bit `i` for field `i`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Present(pub u128);

impl Present {
    /// All of `count` fields.
    pub const fn all(count: usize) -> Self {
        if count >= 128 { Present(u128::MAX) } else { Present((1 << count) - 1) }
    }

    /// The same set without field `index`.
    #[must_use]
    pub const fn without(self, index: usize) -> Self {
        Present(self.0 & !(1 << index))
    }

    /// Whether field `index` is present.
    pub const fn has(self, index: usize) -> bool {
        self.0 >> index & 1 == 1
    }

    /// How many fields are present.
    pub const fn count(self) -> usize {
        self.0.count_ones() as usize
    }
}

/// The static fields of a value, ready to be written into a context. The derive implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell its static fields",
    label = "this has no fields that could stand in a context",
    note = "`#[derive(PyTree)]` implements `Statics` for a type with `#[pytree(static)]` fields"
)]
pub trait Statics {
    /// The fields as a JSON object, in the order of the struct; an error where a field cannot be written as JSON.
    fn to_json(&self) -> Result<serde_json::Value, serde_json::Error>;
}

/// The keys of a map, in its order.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell the keys of a dict",
    label = "a dict is announced with its keys",
    note = "`IndexMap`, `BTreeMap` and `Vec<Key>` tell theirs; implement `MapKeys` for a map of your own that keeps an order"
)]
pub trait MapKeys {
    /// The keys.
    fn keys(&self) -> Vec<Key>;

    /// The context: a plain `dict` by default.
    fn context(&self) -> Context {
        Context::Dict(self.keys())
    }
}

/// A node, as a walk announces it to a visitor.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Node<'a> {
    /// A list of so many items.
    List(usize),
    /// A tuple of so many items.
    Tuple(usize),
    /// A dict of any kind, with its size and keys.
    Dict(usize, &'a dyn MapKeys),
    /// A struct.
    Struct {
        /// What its type fixes.
        ty: &'static NodeType,
        /// The fields that are children here; all of them but for a dataclass with `None`s.
        present: Present,
        /// Its static fields.
        statics: Option<&'a dyn Statics>,
    },
    /// A node known by its context, with so many children.
    Context(&'a Context, usize),
}

impl Node<'_> {
    /// How many children the node has.
    pub fn arity(&self) -> usize {
        match self {
            Node::List(n) | Node::Tuple(n) | Node::Dict(n, _) | Node::Context(_, n) => *n,
            Node::Struct { present, .. } => present.count(),
        }
    }
}
