//! Nodes: which Python container a Rust value stands for.

use crate::Key;
use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

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
    /// A class registered by `torch.export.register_dataclass`: fields that are `None` are dropped and remembered.
    Dataclass,
    /// A class registered with its field names as context and as mapping keys, as `transformers` registers `DynamicCache`.
    Mapping,
    /// A class registered in some other way: the context is kept as data, children are numbered.
    Custom,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::List => "list",
            Kind::Tuple => "tuple",
            Kind::Dict => "dict",
            Kind::Dataclass => "dataclass",
            Kind::Mapping => "mapping",
            Kind::Custom => "custom class",
        })
    }
}

/// What the type of a struct fixes about its node. The derive writes one `static` of it per type.
#[derive(Clone, Copy, Debug)]
pub struct NodeType {
    /// Which node it is.
    pub kind: Kind,
    /// The serialized name, such as `transformers.cache_utils.DynamicCache`. Empty for builtin kinds.
    pub name: &'static str,
    /// The Rust name, for messages.
    pub rust_name: &'static str,
    /// The names of the child fields, as Python sees them.
    pub fields: &'static [&'static str],
}

impl NodeType {
    /// More fields than this do not fit the bit set of present fields.
    pub const MAX_FIELDS: usize = 128;
}

/// A list of names: borrowed from a type, or owned when read from a file.
#[derive(Clone)]
pub enum Names {
    /// The field names of a Rust type.
    Static(&'static [&'static str]),
    /// Names that came from elsewhere.
    Owned(Box<[Cow<'static, str>]>),
}

impl Names {
    /// How many names.
    pub fn len(&self) -> usize {
        match self {
            Names::Static(names) => names.len(),
            Names::Owned(names) => names.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name at `index`.
    pub fn get(&self, index: usize) -> Option<Cow<'static, str>> {
        match self {
            Names::Static(names) => names.get(index).map(|n| Cow::Borrowed(*n)),
            Names::Owned(names) => names.get(index).cloned(),
        }
    }

    /// The names in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let (fixed, owned): (&[&str], &[Cow<'_, str>]) = match self {
            Names::Static(names) => (names, &[]),
            Names::Owned(names) => (&[], names),
        };
        fixed.iter().copied().chain(owned.iter().map(AsRef::as_ref))
    }
}

impl FromIterator<Cow<'static, str>> for Names {
    fn from_iter<I: IntoIterator<Item = Cow<'static, str>>>(iter: I) -> Self {
        Names::Owned(iter.into_iter().collect())
    }
}

impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}
impl Eq for Names {}

impl Hash for Names {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.len().hash(state);
        self.iter().for_each(|n| n.hash(state));
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// What a spec remembers of a node beside its children (`TreeSpec.context` and `TreeSpec.type`).
///
/// No class is needed to hold the name and context of a custom node: a spec is data.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Context {
    /// `list`
    List,
    /// `tuple`
    Tuple,
    /// `dict`, with its keys in insertion order.
    Dict(Vec<Key>),
    /// A registered dataclass.
    Dataclass {
        /// The serialized name.
        name: Cow<'static, str>,
        /// The fields that hold something: one child each.
        present: Names,
        /// The fields that were `None`.
        absent: Names,
        /// The static fields by name, when the type has any.
        statics: Option<serde_json::Value>,
    },
    /// A class whose children are known by name.
    Mapping {
        /// The serialized name.
        name: Cow<'static, str>,
        /// One name per child.
        fields: Names,
        /// The static fields by name, when the type has any.
        statics: Option<serde_json::Value>,
    },
    /// Any other registered class.
    Custom {
        /// The serialized name.
        name: Cow<'static, str>,
        /// The context as the file holds it.
        context: serde_json::Value,
    },
}

impl Context {
    /// Which kind of node this context is of.
    pub fn kind(&self) -> Kind {
        match self {
            Context::List => Kind::List,
            Context::Tuple => Kind::Tuple,
            Context::Dict(_) => Kind::Dict,
            Context::Dataclass { .. } => Kind::Dataclass,
            Context::Mapping { .. } => Kind::Mapping,
            Context::Custom { .. } => Kind::Custom,
        }
    }

    /// The serialized name of the type, as a treespec carries it.
    pub fn type_name(&self) -> &str {
        match self {
            Context::List => "builtins.list",
            Context::Tuple => "builtins.tuple",
            Context::Dict(_) => "builtins.dict",
            Context::Dataclass { name, .. } | Context::Mapping { name, .. } | Context::Custom { name, .. } => name,
        }
    }

    /// Python's `type.__name__`: the serialized name without its module.
    pub fn short_name(&self) -> &str {
        let name = self.type_name();
        name.rsplit(['.', ':']).next().unwrap_or(name)
    }
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
pub trait Statics {
    /// The fields as a JSON object, in the order of the struct; an error where a field cannot be written as JSON.
    fn to_json(&self) -> Result<serde_json::Value, serde_json::Error>;
}

/// The keys of a map, in its order.
pub trait MapKeys {
    /// The keys.
    fn keys(&self) -> Vec<Key>;
}

/// A node, as a walk announces it to a visitor.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Node<'a> {
    /// A list of so many items.
    List(usize),
    /// A tuple of so many items.
    Tuple(usize),
    /// A map with its size and keys.
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
