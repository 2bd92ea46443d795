//! Contexts: what a spec stores of a node besides its children.

use crate::{Key, KeyEntry, Kind, Names};
use std::borrow::Cow;
use std::hash::{Hash, Hasher};

/// What a spec stores of a node besides its children (`TreeSpec.context` and `TreeSpec.type`).
///
/// A spec is data: the name and the context of a custom node are stored without its class.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Context {
    /// `list`
    List,
    /// `tuple`
    Tuple,
    /// `dict`, with its keys in insertion order.
    Dict(Vec<Key>),
    /// `collections.OrderedDict`, with its keys in order.
    OrderedDict(Vec<Key>),
    /// `collections.defaultdict`
    DefaultDict {
        /// The factory of missing values, which may be Python's `None`.
        factory: Option<Factory>,
        /// The keys in insertion order.
        keys: Vec<Key>,
    },
    /// A namedtuple.
    NamedTuple(NamedTuple),
    /// `collections.deque`
    Deque {
        /// The largest number of items it keeps; `None` without a limit.
        maxlen: Option<u64>,
    },
    /// `torch.Size`
    Size,
    /// A class of `torch.return_types`, by its full name: `torch.return_types.max`. Torch gives it no serialized name.
    ReturnType(Cow<'static, str>),
    /// `torch.fx.immutable_collections.immutable_list`
    ImmutableList,
    /// `torch.fx.immutable_collections.immutable_dict`, with its keys in insertion order.
    ImmutableDict(Vec<Key>),
    /// A registered dataclass.
    Dataclass {
        /// The serialized name.
        name: Cow<'static, str>,
        /// The fields that are not `None`, each of which is a child.
        present: Names,
        /// The fields that were `None`.
        absent: Names,
        /// The static fields by name, if the type has any.
        statics: Option<serde_json::Value>,
    },
    /// A class whose children are known by name.
    Mapping {
        /// The serialized name.
        name: Cow<'static, str>,
        /// One name per child.
        fields: Names,
        /// What the context holds besides the names: the static fields by name, or anything else that the class keeps
        /// there.
        statics: Option<serde_json::Value>,
    },
    /// Any other registered class.
    Custom {
        /// The serialized name.
        name: Cow<'static, str>,
        /// The context as treespec JSON holds it.
        context: serde_json::Value,
    },
    /// A value of a class registered by `register_constant`. Torch gives it no serialized name.
    Constant {
        /// The class as Python writes it: `module.Qualname`.
        class: Cow<'static, str>,
        /// The `repr` of the value, which is printed.
        value: Cow<'static, str>,
        /// The value as data, if a Rust type wrote it.
        data: Option<serde_json::Value>,
    },
}

/// The class of a namedtuple.
///
/// Two classes with the same serialized name are equal, as in torch's registry. Equality ignores the field names, which
/// are not in treespec JSON (see [`TreeSpec::from_json_with`](crate::TreeSpec::from_json_with)).
#[derive(Clone, Debug)]
pub struct NamedTuple {
    /// The serialized name, such as `my.Point`.
    pub name: Cow<'static, str>,
    /// The fields, where they are known.
    pub fields: Option<Names>,
}

impl NamedTuple {
    /// The namedtuple class with this serialized name, whose fields are not known.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        NamedTuple { name: name.into(), fields: None }
    }
}

impl PartialEq for NamedTuple {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
impl Eq for NamedTuple {}

impl Hash for NamedTuple {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// The factory of a `defaultdict`'s missing values: a class or function, by its module and name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Factory {
    /// The module, such as `builtins`.
    pub module: Cow<'static, str>,
    /// The name in it, such as `list`.
    pub name: Cow<'static, str>,
}

impl Factory {
    /// The class or function with this name in this module.
    pub fn new(module: impl Into<Cow<'static, str>>, name: impl Into<Cow<'static, str>>) -> Self {
        Factory { module: module.into(), name: name.into() }
    }

    /// A class or function of Python's `builtins`: `int`, `list`, `dict`.
    pub const fn builtin(name: &'static str) -> Self {
        Factory { module: Cow::Borrowed("builtins"), name: Cow::Borrowed(name) }
    }
}

impl Context {
    /// The kind of node that this context belongs to.
    pub fn kind(&self) -> Kind {
        match self {
            Context::List => Kind::List,
            Context::Tuple => Kind::Tuple,
            Context::Dict(_) => Kind::Dict,
            Context::OrderedDict(_) => Kind::OrderedDict,
            Context::DefaultDict { .. } => Kind::DefaultDict,
            Context::NamedTuple(_) => Kind::NamedTuple,
            Context::Deque { .. } => Kind::Deque,
            Context::Size => Kind::Size,
            Context::ReturnType(_) => Kind::ReturnType,
            Context::ImmutableList => Kind::ImmutableList,
            Context::ImmutableDict(_) => Kind::ImmutableDict,
            Context::Dataclass { .. } => Kind::Dataclass,
            Context::Mapping { .. } => Kind::Mapping,
            Context::Custom { .. } => Kind::Custom,
            Context::Constant { .. } => Kind::Constant,
        }
    }

    /// The serialized name of the type, as in treespec JSON. Return types and constants have none in torch; for them it
    /// is the name of the class.
    pub fn type_name(&self) -> &str {
        match self {
            Context::List => "builtins.list",
            Context::Tuple => "builtins.tuple",
            Context::Dict(_) => "builtins.dict",
            Context::OrderedDict(_) => "collections.OrderedDict",
            Context::DefaultDict { .. } => "collections.defaultdict",
            Context::NamedTuple(_) => "collections.namedtuple",
            Context::Deque { .. } => "collections.deque",
            Context::Size => "torch.Size",
            Context::ImmutableList => "torch.fx.immutable_collections.immutable_list",
            Context::ImmutableDict(_) => "torch.fx.immutable_collections.immutable_dict",
            Context::Dataclass { name, .. } | Context::Mapping { name, .. } | Context::Custom { name, .. } => name,
            Context::ReturnType(name) => name,
            Context::Constant { class, .. } => class,
        }
    }

    /// Python's `type.__name__`: the serialized name without its module.
    pub fn short_name(&self) -> &str {
        let name = self.type_name();
        name.rsplit(['.', ':']).next().unwrap_or(name)
    }

    /// The keys of a dict of any kind, one per child.
    pub fn keys(&self) -> Option<&[Key]> {
        match self {
            Context::Dict(keys)
            | Context::OrderedDict(keys)
            | Context::ImmutableDict(keys)
            | Context::DefaultDict { keys, .. } => Some(keys),
            _ => None,
        }
    }

    /// The names of a class's children, if they have names.
    pub fn names(&self) -> Option<&Names> {
        match self {
            Context::Dataclass { present: names, .. } | Context::Mapping { fields: names, .. } => Some(names),
            Context::NamedTuple(class) => class.fields.as_ref(),
            _ => None,
        }
    }

    /// How many children a node with this context has, if the context determines it.
    pub fn arity(&self) -> Option<usize> {
        match self {
            Context::Constant { .. } => Some(0),
            _ => self.keys().map(<[Key]>::len).or_else(|| self.names().map(Names::len)),
        }
    }

    /// The key of child `position` (`SequenceKey`, `MappingKey` or `GetAttrKey`).
    pub fn entry(&self, position: usize) -> KeyEntry {
        let entry = match self {
            Context::Dataclass { present, .. } => present.get(position).map(KeyEntry::GetAttr),
            Context::NamedTuple(class) => {
                class.fields.as_ref().and_then(|fields| fields.get(position)).map(KeyEntry::GetAttr)
            }
            Context::Mapping { fields, .. } => fields.get(position).map(|name| KeyEntry::Mapping(Key::Str(name))),
            context => context.keys().and_then(|keys| keys.get(position)).cloned().map(KeyEntry::Mapping),
        };
        entry.unwrap_or(KeyEntry::Sequence(position))
    }
}
