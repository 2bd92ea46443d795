//! Helps packages that link `tch` find libtorch, when they are built and when they run.
//!
//! Cargo makes this crate necessary. It passes the location of libtorch, which `torch-sys` finds, to *direct* dependents of
//! `torch-sys` only, and it never passes linker arguments on to dependents. So each package with a program, test or example
//! that links `tch` depends on `torch-sys` and has a build script. In `Cargo.toml`:
//!
//! ```toml
//! [dependencies]
//! tch = "0.26.0"
//! torch-sys = "0.26.0" # must be a direct dependency: it passes libtorch's location to build.rs
//!
//! [build-dependencies]
//! libtorch-link = "0.1.0"
//! ```
//!
//! and as `build.rs`: `fn main() { libtorch_link::link(); }`.
//!
//! Then `cargo run`, `cargo test`, doctests and an IDE's run button work without `LD_LIBRARY_PATH`. `torch-sys` decides which
//! libtorch is used: that of `LIBTORCH_USE_PYTORCH`, of `LIBTORCH`, or a system install, in this order.
//!
//! A package that compiles its own C++ against libtorch gets the include folders from [`Libtorch::probe`].
//!
//! This has been tried on Linux x86-64. The support of macOS follows the documentation of its linker. Windows is not
//! supported, since its programs have no run-time library path.

#![forbid(unsafe_code)]

mod error;
mod libtorch;
mod version;

pub use error::Error;
pub use libtorch::Libtorch;

/// The exact libtorch release that `tch` 0.26 needs: `"2.13.0"`.
pub const VERSION: &str = "2.13.0";

/// Links what this package builds to libtorch: [`Libtorch::probe`], then [`Libtorch::emit`].
///
/// Call it from a build script. A problem fails the build through `cargo::error`, with a cure. The function does nothing on
/// docs.rs (`DOCS_RS`), where there is no libtorch.
pub fn link() {
    if std::env::var_os("DOCS_RS").is_some() {
        return;
    }
    match Libtorch::probe() {
        Ok(libtorch) => libtorch.emit(),
        Err(error) => error.report(),
    }
}
