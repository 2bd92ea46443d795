//! Helps the packages that link `tch` find libtorch, when they are built and when they run.
//!
//! Two things about Cargo make this crate necessary. The place of libtorch, which `torch-sys` finds out, is told to its
//! *direct* dependents only, and a linker argument never travels to the packages that depend on you. So each package
//! with a program, test or example that links `tch` lists `torch-sys` and has a build script. In `Cargo.toml`:
//!
//! ```toml
//! [dependencies]
//! tch = "0.26.0"
//! torch-sys = "0.26.0" # direct, so that build.rs is told where libtorch is
//!
//! [build-dependencies]
//! libtorch-link = "0.1.0"
//! ```
//!
//! and as `build.rs`: `fn main() { libtorch_link::link(); }`.
//!
//! Then `cargo run`, `cargo test`, doctests and an IDE's run button work with no `LD_LIBRARY_PATH`. Where libtorch is
//! remains `torch-sys`'s business: `LIBTORCH_USE_PYTORCH`, `LIBTORCH` or a system install, in this order.
//!
//! A package that compiles C++ of its own against libtorch asks [`Libtorch::probe`] for the include folders.
//!
//! Tried on Linux x86-64. macOS is written from the documentation of its linker, Windows has no run-time path to set.

#![forbid(unsafe_code)]

mod error;
mod libtorch;
mod version;

pub use error::Error;
pub use libtorch::Libtorch;

/// The libtorch release that `tch` 0.26 is written for, to the patch: `"2.13.0"`.
pub const VERSION: &str = "2.13.0";

/// Links what this package builds to libtorch: [`Libtorch::probe`], then [`Libtorch::emit`].
///
/// To be called from a build script. What goes wrong fails the build through `cargo::error`, with the cure. Nothing is
/// done while docs.rs builds documentation (`DOCS_RS`), where there is no libtorch.
pub fn link() {
    if std::env::var_os("DOCS_RS").is_some() {
        return;
    }
    match Libtorch::probe() {
        Ok(libtorch) => libtorch.emit(),
        Err(error) => error.report(),
    }
}
