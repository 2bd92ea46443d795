//! Passes over a graph: analyses and transformations.

mod dead_code;
mod extract;
mod liveness;
mod mutations;
mod rename;

pub use dead_code::eliminate_dead_code;
pub use extract::{ExtractError, extract};
pub use liveness::Liveness;
pub use mutations::{Mutation, Mutations};
pub use rename::{RenameError, rename};
