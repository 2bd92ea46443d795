//! Leaves: the values at the ends of a tree.

mod as_leaf;
mod class;
mod leaf;
mod leaf_key;

pub use as_leaf::{AsLeaf, ByLeaf, LeafError, Plain};
pub use class::LeafClass;
pub use leaf::{Leaf, LeafKind, LeafMut, LeafRef};
pub use leaf_key::{LeafKey, leaves_with_keys};
