//! The Python that judges.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The environment variable that names it.
const VARIABLE: &str = "TORCH_EXPORT_PYTHON";

/// The release that the export is written for.
const TORCH: &str = "2.13.0";

/// A Python with torch 2.13.
pub(crate) struct Python(OsString);

impl Python {
    /// The one that the environment names.
    ///
    /// # Errors
    /// When none is named, it does not run, or its torch is missing or another release.
    pub(crate) fn find() -> Result<Python> {
        let program = std::env::var_os(VARIABLE).with_context(|| {
            format!("{VARIABLE} is not set: name a Python with torch {TORCH}, or run `cargo xtask conformance`")
        })?;
        let name = program.to_string_lossy().into_owned();
        let output = Command::new(&program).args(["-c", "import torch; print(torch.__version__)"]).output();
        let output = output.with_context(|| format!("`{name}` does not run; set {VARIABLE} to a Python"))?;
        ensure!(
            output.status.success(),
            "`{name}` has no torch; `{name} -m pip install torch=={TORCH} numpy` brings it"
        );
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let release = version.split('+').next().unwrap_or_default();
        ensure!(release == TORCH, "`{name}` has torch {version}, and the judge is torch {TORCH}");
        Ok(Python(program))
    }

    /// Runs the checks on what was recorded; whether all passed. What they print goes to our output.
    ///
    /// # Errors
    /// When Python cannot be started.
    pub(crate) fn check(&self, folder: &Path) -> Result<bool> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance").join("check.py");
        let status = Command::new(&self.0).arg("-B").arg(script).arg(folder).status();
        Ok(status.context("Python could not be started")?.success())
    }
}
