//! Python's dicts as maps of Rust, and types for the containers of Python and torch that the standard library lacks.

mod dict;
mod mapping;
mod sequence;

pub use mapping::{DefaultDict, ImmutableDict, OrderedDict};
pub use sequence::{Deque, ImmutableList, Size};
