//! Compares the export with a live PyTorch 2.13: `cargo run -q -p tests --bin conformance [FOLDER]`.
//!
//! `TORCH_EXPORT_PYTHON` names a Python with torch 2.13. Every program of the example pages and of `models` is exported
//! here and written to FOLDER (a temporary one by default) with inputs of sizes that the export did not see and what the
//! Rust model gives for them. `tests/conformance/check.py` loads the files, runs them, and holds them against what
//! PyTorch exports of its own twin of each model. Exits with an error unless everything passes.

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
mod python;
mod record;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
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

/// Whether everything passed.
fn run() -> Result<bool> {
    let python = python::Python::find()?;
    let given = std::env::args_os().nth(1).map(PathBuf::from);
    let temporary = std::env::temp_dir().join(format!("torch-export-conformance-{}", std::process::id()));
    let folder = given.as_ref().unwrap_or(&temporary);
    tch::manual_seed(0);
    let mut recorder = Recorder::new(folder)?;
    pages::record(&mut recorder)?;
    models::record(&mut recorder)?;
    layers::record(&mut recorder)?;
    networks::record(&mut recorder)?;
    recorder.finish()?;
    let passed = python.check(folder);
    if given.is_none() {
        // What stays behind in a temporary folder is no reason to fail.
        let _ = std::fs::remove_dir_all(&temporary);
    }
    passed
}
