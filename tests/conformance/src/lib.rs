//! What the three conformance programs share: the Python with PyTorch, and the seed of a run.
//!
//! Each program makes cases in Rust, runs one of the scripts beside `src`, which answers them with PyTorch, and counts the
//! cases on which both agree. `cargo xtask conformance` runs all three.

mod python;
mod seed;

pub use python::Python;
pub use seed::seed;
