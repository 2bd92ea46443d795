//! Passes over a graph: analyses and transformations.

mod liveness;

pub use liveness::Liveness;
