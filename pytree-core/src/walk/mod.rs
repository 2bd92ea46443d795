//! The walk: what a tree is, what it is shown to, and the functions that read and rebuild one.

mod count;
mod fields;
mod flatten;
mod matching;
mod source;
mod structs;
mod supply;
mod tree;
mod unflatten;
mod visitor;

pub use fields::{Fields, FieldsMut, FieldsOwned, Parts, PartsOwned, Variant, With, WithOwned};
pub use flatten::{Flat, KeyedLeaves, flatten, flatten_with_keys, into_leaves, leaves, structure, tensors};
pub use matching::leaves_as;
pub use source::{Mismatch, Source};
pub use structs::{
    Rebuilder, into_parts, into_struct, rebuild_enum, rebuild_parts, rebuild_struct, walk_parts, walk_parts_mut,
    walk_struct, walk_struct_mut,
};
pub use tree::{OwnedTree, PyTree, Retype};
pub use unflatten::unflatten;
pub use visitor::{Visitor, VisitorMut, VisitorOwned};

pub(crate) use count::Count;
pub(crate) use flatten::run;
pub(crate) use supply::Supply;
pub(crate) use unflatten::rebuild;
