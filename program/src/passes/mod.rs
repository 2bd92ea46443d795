//! Passes over a graph: analyses and transformations.

mod dead_code;
mod liveness;

pub use dead_code::eliminate_dead_code;
pub use liveness::Liveness;
