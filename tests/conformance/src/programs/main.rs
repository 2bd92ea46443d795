//! Compares the export with a live PyTorch 2.13: `cargo run -q -p conformance --bin conformance [FOLDER]`.
//!
//! `TORCH_EXPORT_PYTHON` names a Python with torch 2.13. Every program of the example pages and of `models` is exported
//! here and written to FOLDER (a temporary one by default), with inputs of sizes that the export did not use and the
//! outputs of the Rust model for them. `check.py` loads the files, runs them, and compares them with what PyTorch exports
//! from its own twin of each model. Exits with 1 unless everything passes.

mod caches;
#[allow(dead_code, reason = "the page's own printing is tested by tests/pages.rs")]
#[path = "../../../../examples/examples/custom_class_inputs.rs"]
mod custom_class_page;
#[allow(dead_code, reason = "the page's own printing is tested by tests/pages.rs")]
#[path = "../../../../examples/examples/export_with_dynamic_cache.rs"]
mod dynamic_cache_page;
mod layers;
mod models;
mod networks;
mod pages;
mod record;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use conformance::Python;
use record::Recorder;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("conformance: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Returns true if everything passed.
fn run() -> Result<bool> {
    let python = Python::find()?;
    let given = std::env::args_os().nth(1).map(PathBuf::from);
    let temporary = std::env::temp_dir().join(format!("torch-export-conformance-{}", std::process::id()));
    let folder = given.as_ref().unwrap_or(&temporary);
    tch::manual_seed(0);
    let mut recorder = Recorder::new(folder)?;
    pages::record(&mut recorder)?;
    models::record(&mut recorder)?;
    layers::record(&mut recorder)?;
    networks::record(&mut recorder)?;
    caches::record(&mut recorder)?;
    recorder.finish()?;
    // The output of the script goes to that of this program.
    let passed = python.script("check.py").arg(folder).status().context("Python could not be started");
    if given.is_none() {
        // A temporary folder that stays behind is not a failure.
        let _ = std::fs::remove_dir_all(&temporary);
    }
    Ok(passed?.success())
}
