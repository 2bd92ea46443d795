//! Leaves: the values at the ends of a tree.

mod as_leaf;
mod kind;
#[expect(clippy::module_inception, reason = "the file is named after its one public type")]
mod leaf;
mod leaf_key;

pub use as_leaf::{AsLeaf, ByLeaf, LeafError};
pub use kind::{LeafClass, LeafKind};
pub use leaf::{Leaf, LeafMut, LeafRef, Plain};
pub use leaf_key::{LeafKey, leaves_with_keys};
