//! Rust types for the containers of Python that the standard library has no counterpart of.

mod dict;
mod mapping;
mod sequence;

pub use mapping::{DefaultDict, ImmutableDict, OrderedDict};
pub use sequence::{Deque, ImmutableList, Size};
