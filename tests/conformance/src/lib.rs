//! What the conformance programs share: the Python with PyTorch, the seed of a run, and tensors as files.
//!
//! Each program makes cases in Rust, runs one of the scripts beside `src`, which answers them with PyTorch, and counts the
//! cases on which both agree. (`conformance_aoti` goes the other way: the script makes cases, and Rust answers.)
//! `cargo xtask conformance` runs all of them.

mod leaves;
mod python;
mod seed;

pub use leaves::{copy, write_leaves};
pub use python::Python;
pub use seed::seed;
