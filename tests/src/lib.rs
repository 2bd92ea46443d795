//! Recorded cases: what PyTorch and onnx-diagnostic answered, and the readers that put the same questions to this project.
//!
//! `cargo run -q -p tests --bin golden -- FOLDER` runs every file of a folder.

pub mod golden;
pub mod json;
pub mod random;
pub mod read;
pub mod recorded;
pub mod signatures;
pub mod trees;
