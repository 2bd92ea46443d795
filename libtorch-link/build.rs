//! Says early that libtorch is missing.
//!
//! `torch-sys` takes `$LIBTORCH` on trust, and the C++ compiler then complains of headers for pages. This script has
//! no dependencies, so it runs first.

use std::env;
use std::path::Path;

fn main() {
    for name in ["LIBTORCH", "LIBTORCH_USE_PYTORCH", "LIBTORCH_LIB"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    let asked =
        env::var_os("CARGO_FEATURE_EARLY_CHECK").is_some() && env::var_os("DOCS_RS").is_none();
    // torch-sys looks elsewhere when one of these is set.
    let elsewhere = ["LIBTORCH_USE_PYTORCH", "LIBTORCH_LIB"]
        .iter()
        .any(|name| env::var_os(name).is_some());
    let Some(root) = env::var_os("LIBTORCH").filter(|_| asked && !elsewhere) else {
        return;
    };
    let lib = Path::new(&root).join("lib");
    println!("cargo::rerun-if-changed={}", lib.display());
    if !lib.is_dir() {
        println!(
            "cargo::error=LIBTORCH is {}, and there is no libtorch: no folder lib in it. In the repository of \
             torch-export run `cargo xtask setup`; elsewhere set LIBTORCH to the folder of a libtorch 2.13.0 (the \
             folder `torch` of Python's torch 2.13.0 is one), or unset it and set LIBTORCH_USE_PYTORCH=1.",
            root.display()
        );
    }
}
