use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The environment variable that names the Python.
const VARIABLE: &str = "TORCH_EXPORT_PYTHON";

/// The release of PyTorch that this project follows.
const TORCH: &str = "2.13.0";

/// A Python with torch 2.13.0.
pub struct Python(OsString);

impl Python {
    /// The Python that `TORCH_EXPORT_PYTHON` names.
    ///
    /// # Errors
    /// When the variable is not set, when the Python does not run, and when its torch is missing or another release.
    pub fn find() -> Result<Python> {
        let program = std::env::var_os(VARIABLE).with_context(|| {
            format!("{VARIABLE} is not set: name a Python with torch {TORCH}, or run `cargo xtask conformance`")
        })?;
        let name = program.to_string_lossy().into_owned();
        let output = Command::new(&program).args(["-c", "import torch; print(torch.__version__)"]).output();
        let output = output.with_context(|| format!("`{name}` does not run; set {VARIABLE} to a Python"))?;
        ensure!(
            output.status.success(),
            "`{name}` has no torch; install it with `{name} -m pip install torch=={TORCH} numpy`"
        );
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let release = version.split('+').next().unwrap_or_default();
        ensure!(release == TORCH, "`{name}` has torch {version}, but the comparison needs torch {TORCH}");
        Ok(Python(program))
    }

    /// A command that runs a script of this package, by its file name.
    pub fn script(&self, name: &str) -> Command {
        let mut command = Command::new(&self.0);
        command.arg("-B").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(name));
        command
    }
}
