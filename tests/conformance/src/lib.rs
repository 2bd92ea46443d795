//! What the three conformance programs share: the Python that judges, and the seed of a run.
//!
//! Each program makes cases in Rust, has one of the scripts beside `src` answer them with PyTorch, and counts the cases
//! on which the two agree. `cargo xtask conformance` runs all three.

mod python;
mod seed;

pub use python::Python;
pub use seed::seed;
