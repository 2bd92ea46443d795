//! Keys: the names of children, and the paths that they make.

#[expect(clippy::module_inception, reason = "the file is named after its one public type")]
mod key;
mod key_path;
mod names;

pub use key::{DictKey, EnumKey, Key};
pub use key_path::{KeyEntry, KeyPath};
pub use names::Names;

pub(crate) use key_path::At;
