//! Errors of reading and rebuilding trees.

use crate::key::At;
use crate::{Key, KeyPath, Kind, LeafError, LeafKind, StructureError};

/// A tree could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// A static field could not be written as JSON for the context.
    #[error("a static field of `{type_name}` cannot be written as JSON: {message}")]
    Static {
        /// The Rust type.
        type_name: &'static str,
        /// The message of serde.
        message: String,
    },
    /// The tree is too deep for a spec.
    #[error("the tree is deeper than {limit} nodes, which is also Python's recursion limit")]
    TooDeep {
        /// The greatest depth of a tree.
        limit: usize,
    },
    /// A context does not fit the children of its node.
    #[error("a {kind} node has {names} names for {children} children")]
    Children {
        /// The kind of the node.
        kind: Kind,
        /// How many keys or names the context has.
        names: usize,
        /// How many children the node has.
        children: usize,
    },
    /// A dict has the same key for two children.
    #[error("a {kind} node has the key {key} twice")]
    KeyTwice {
        /// The kind of the node.
        kind: Kind,
        /// The key.
        key: Key,
    },
    /// A node has more children than a spec can hold.
    #[error("a node has {arity} children; a spec can hold at most 4294967295")]
    TooLarge {
        /// How many children the node has.
        arity: usize,
    },
}

/// A tree could not be rebuilt from these leaves and this spec.
///
/// Every variant has the two facts that disagree and, where there is one, the key path of the place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnflattenError {
    /// The number of leaves differs from the spec's.
    #[error(
        "treespec.unflatten(leaves): `leaves` has length {found} but the spec refers to a pytree that holds {expected} items ({spec})."
    )]
    LeafCount {
        /// How many leaves the spec has.
        expected: usize,
        /// How many were given.
        found: usize,
        /// The spec, as torch prints it.
        spec: String,
    },
    /// The type needs another node here than the spec has.
    #[error("at {}: the type is {expected}, but the spec has {found} here", At(path))]
    Node {
        /// The path of the place.
        path: KeyPath,
        /// The node that the type needs.
        expected: String,
        /// The node that the spec has.
        found: String,
    },
    /// The node has a wrong number of children.
    #[error("at {}: Node arity mismatch; expected {expected}, but got {found}.", At(path))]
    Arity {
        /// The path of the place.
        path: KeyPath,
        /// How many children the Rust type has.
        expected: usize,
        /// How many children the spec has.
        found: usize,
    },
    /// The fields in the spec are not those of the type.
    #[error("at {}: the fields of `{type_name}` are {expected}, but the spec has {found}", At(path))]
    Fields {
        /// The path of the place.
        path: KeyPath,
        /// The Rust type.
        type_name: String,
        /// The fields of the type.
        expected: String,
        /// The fields in the spec.
        found: String,
    },
    /// A leaf is of another kind than the type holds.
    #[error("at {}: expected {expected}, but the leaf is {found}", At(path))]
    Leaf {
        /// The path of the place.
        path: KeyPath,
        /// The kind that the type holds.
        expected: LeafKind,
        /// The kind of the leaf.
        found: LeafKind,
    },
    /// A dataclass field is `None` in the spec, but its type cannot be.
    #[error("at {}: field `{field}` of `{type_name}` is None in the spec, but it is not an `Option`", At(path))]
    NotOptional {
        /// The path of the place.
        path: KeyPath,
        /// The Rust type.
        type_name: &'static str,
        /// The field.
        field: &'static str,
    },
    /// A static field cannot be read from the context.
    #[error("at {}: static field `{field}` of `{type_name}` cannot be read from the context: {message}", At(path))]
    Static {
        /// The path of the place.
        path: KeyPath,
        /// The Rust type.
        type_name: &'static str,
        /// The field.
        field: &'static str,
        /// The message of serde.
        message: String,
    },
    /// The context names a variant that the enum does not have.
    #[error("at {}: the variants of `{type_name}` are {expected}, but the spec has {found}", At(path))]
    Variant {
        /// The path of the place.
        path: KeyPath,
        /// The enum.
        type_name: String,
        /// The variants of the enum.
        expected: String,
        /// The variant in the spec.
        found: String,
    },
    /// A leaf has no value in a type that is converted from leaves ([`AsLeaf`](crate::AsLeaf)).
    #[error("at {}: {source}", At(path))]
    BadLeaf {
        /// The path of the place.
        path: KeyPath,
        /// What is wrong with the leaf.
        source: LeafError,
    },
    /// A value could not be read as a tree.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// Another tree does not have the expected structure.
    #[error(transparent)]
    Structure(#[from] StructureError),
}
