//! The classes that guessing tells apart.

use pytree_core::LeafKind;
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
