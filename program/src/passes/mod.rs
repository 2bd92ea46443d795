//! Passes over a graph: what follows from it, and what makes another one of it.

mod liveness;

pub use liveness::Liveness;
