//! Recorded cases: answers of PyTorch and onnx-diagnostic, and the readers that ask this project the same questions.
//!
//! `cargo run -q -p tests --bin golden -- FOLDER` runs every file of a folder. [`zoo`] judges programs that Python exported. [`random`], [`signatures`] and [`trees`] make
//! random values for property tests and for the comparison with a live PyTorch.

pub mod golden;
pub mod json;
pub mod random;
pub mod read;
pub mod recorded;
pub mod signatures;
pub mod trees;
pub mod zoo;
