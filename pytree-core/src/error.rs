//! What can go wrong with a tree.

use crate::key::At;
use crate::{Key, KeyPath, Kind, LeafError, LeafKind, StructureError};

/// A tree could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// A static field could not be written as JSON, which a context is made of.
    #[error("a static field of `{type_name}` cannot be written as JSON: {message}")]
    Static {
        /// The Rust type.
        type_name: &'static str,
        /// What serde said.
        message: String,
    },
    /// The tree is deeper than a spec may be.
    #[error("the tree is deeper than {limit} nodes, which is also where Python's recursion ends")]
    TooDeep {
        /// How deep a tree may be.
        limit: usize,
    },
    /// A context that does not fit the children of its node.
    #[error("a {kind} node has {names} names for {children} children")]
    Children {
        /// Which node.
        kind: Kind,
        /// How many keys or names the context has.
        names: usize,
        /// How many children the node has.
        children: usize,
    },
    /// A dict with the same key for two children.
    #[error("a {kind} node has the key {key} twice")]
    KeyTwice {
        /// Which node.
        kind: Kind,
        /// The key.
        key: Key,
    },
    /// A node has more children than a spec can count.
    #[error("a node of {arity} children is larger than a spec can hold (4294967295)")]
    TooLarge {
        /// How many children.
        arity: usize,
    },
}

/// A tree could not be made from these leaves and this spec.
///
/// Every variant says where, by key path from the root, and the two facts that do not agree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnflattenError {
    /// There are fewer or more leaves than the spec has.
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
    /// The type wants another node here than the spec has.
    #[error("at {}: the type is {expected}, but the spec has {found} here", At(path))]
    Node {
        /// Where.
        path: KeyPath,
        /// What the Rust type is.
        expected: String,
        /// What the spec says.
        found: String,
    },
    /// The node is the right one with a wrong number of children.
    #[error("at {}: Node arity mismatch; expected {expected}, but got {found}.", At(path))]
    Arity {
        /// Where.
        path: KeyPath,
        /// How many the Rust type has.
        expected: usize,
        /// How many the spec has.
        found: usize,
    },
    /// The spec's fields are not the fields of the type.
    #[error("at {}: the fields of `{type_name}` are {expected}, but the spec has {found}", At(path))]
    Fields {
        /// Where.
        path: KeyPath,
        /// The Rust type.
        type_name: String,
        /// Its fields.
        expected: String,
        /// The spec's.
        found: String,
    },
    /// A leaf is of another sort than the type holds.
    #[error("at {}: expected {expected}, but the leaf is {found}", At(path))]
    Leaf {
        /// Where.
        path: KeyPath,
        /// What the type holds.
        expected: LeafKind,
        /// What was given.
        found: LeafKind,
    },
    /// A dataclass field is absent in the spec, but its type cannot be None.
    #[error("at {}: field `{field}` of `{type_name}` is None in the spec, but it is no `Option`", At(path))]
    NotOptional {
        /// Where.
        path: KeyPath,
        /// The Rust type.
        type_name: &'static str,
        /// The field.
        field: &'static str,
    },
    /// A static field cannot be read from the context.
    #[error("at {}: static field `{field}` of `{type_name}` cannot be read from the context: {message}", At(path))]
    Static {
        /// Where.
        path: KeyPath,
        /// The Rust type.
        type_name: &'static str,
        /// The field.
        field: &'static str,
        /// What serde said.
        message: String,
    },
    /// The context names a variant that the enum does not have.
    #[error("at {}: the variants of `{type_name}` are {expected}, but the spec has {found}", At(path))]
    Variant {
        /// Where.
        path: KeyPath,
        /// The enum.
        type_name: String,
        /// Its variants.
        expected: String,
        /// The spec's.
        found: String,
    },
    /// A type that stands for a leaf ([`AsLeaf`](crate::AsLeaf)) cannot be made of this one.
    #[error("at {}: {source}", At(path))]
    BadLeaf {
        /// Where.
        path: KeyPath,
        /// What is wrong with the leaf.
        source: LeafError,
    },
    /// The value itself could not be read as a tree.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// Another tree does not have the structure that is asked of it.
    #[error(transparent)]
    Structure(#[from] StructureError),
}
