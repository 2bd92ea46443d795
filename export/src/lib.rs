//! torch.export for Rust.

pub mod dispatch;
#[cfg(feature = "tch")]
mod ffi;
pub mod program;
pub mod pt2;
