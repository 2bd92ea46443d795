//! Nodes: which Python container a Rust value corresponds to.

use crate::{Context, Key};
use std::fmt;

/// The kind of a node: a Python container or a way to register a class.
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
    /// A class of `torch.return_types`: what `torch.max(x, 0)` returns.
    ReturnType,
    /// `torch.fx.immutable_collections.immutable_list`
    ImmutableList,
    /// `torch.fx.immutable_collections.immutable_dict`
    ImmutableDict,
    /// A class registered by `torch.export.register_dataclass`: fields that are `None` are dropped and remembered.
    Dataclass,
    /// A class registered with its field names as context and as mapping keys, as `transformers` registers
    /// `DynamicCache`.
    Mapping,
    /// A class registered in some other way. Its context is kept as data, and its children are numbered.
    Custom,
    /// A class registered by `register_constant`. Its values have no children and are the context.
    Constant,
}

impl Kind {
    /// Whether this is one of the three dicts that `flatten_up_to` treats alike: `dict`, `OrderedDict`, `defaultdict`.
    pub fn is_standard_dict(self) -> bool {
        matches!(self, Kind::Dict | Kind::OrderedDict | Kind::DefaultDict)
    }

    /// Whether nodes of this kind are identified by the name of a class, unlike the containers of Python and torch.
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

/// What the nodes of all values of a struct have in common. The derive makes one `static` per type.
#[derive(Clone, Copy, Debug)]
pub struct NodeType {
    /// The kind of node.
    pub kind: Kind,
    /// The serialized name, such as `transformers.cache_utils.DynamicCache`; that of a namedtuple is the name of its
    /// class. It is empty for the other containers of Python and torch.
    pub name: &'static str,
    /// The name of the Rust type, for messages.
    pub rust_name: &'static str,
    /// The names of the child fields, as Python sees them.
    pub fields: &'static [&'static str],
}

impl NodeType {
    /// The largest number of fields: one bit each in [`Present`].
    pub const MAX_FIELDS: usize = 128;

    /// The name under which the context of an enum stores its variant, besides the static fields.
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

    /// This set without field `index`.
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

/// A value with static fields, which are written into its context. The derive implements it.
#[diagnostic::on_unimplemented(
    message = "the static fields of `{Self}` are not known",
    label = "this has no fields to write into a context",
    note = "`#[derive(PyTree)]` implements `Statics` for a type with `#[pytree(static)]` fields"
)]
pub trait Statics {
    /// The fields as a JSON object, in the order of the struct.
    ///
    /// # Errors
    /// When a field cannot be written as JSON.
    fn to_json(&self) -> Result<serde_json::Value, serde_json::Error>;
}

/// A map that lists its keys in order.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not list the keys of a dict",
    label = "a dict node is announced with its keys",
    note = "`IndexMap`, `BTreeMap` and `Vec<Key>` implement `MapKeys`; implement it for a map of your own that keeps an order"
)]
pub trait MapKeys {
    /// The keys.
    fn keys(&self) -> Vec<Key>;

    /// The context of the node: that of a plain `dict` by default.
    fn context(&self) -> Context {
        Context::Dict(self.keys())
    }

    /// Whether the context of the node is this one. A map that can compare its keys without a list of them overrides this.
    fn have_context(&self, context: &Context) -> bool {
        self.context() == *context
    }
}

/// A node as a walk announces it to a visitor.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Node<'a> {
    /// A list with this number of items.
    List(usize),
    /// A tuple with this number of items.
    Tuple(usize),
    /// A dict of any kind, with its number of items and its keys.
    Dict(usize, &'a dyn MapKeys),
    /// A struct.
    Struct {
        /// What all values of its type have in common.
        ty: &'static NodeType,
        /// The fields that are children: all of them, except in a dataclass with `None`s.
        present: Present,
        /// Its static fields, if the type has any.
        statics: Option<&'a dyn Statics>,
    },
    /// A node described by its context, with this number of children.
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
