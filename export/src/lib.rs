//! torch.export for Rust.

pub mod dispatch;
#[cfg(feature = "tch")]
mod ffi;
