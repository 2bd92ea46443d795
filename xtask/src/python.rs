use std::ffi::OsString;
use std::path::Path;

use crate::Error;
use crate::process::Process;

/// A Python interpreter.
pub(crate) struct Python {
    program: OsString,
}

impl Python {
    /// `$PYTHON`, otherwise `python3`. It may not exist; [`version`](Self::version) finds out.
    pub(crate) fn of_user() -> Self {
        Self { program: std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into()) }
    }

    /// The Python that torch-sys uses when `LIBTORCH_USE_PYTORCH` is set.
    pub(crate) fn of_torch_sys() -> Self {
        let name = if std::env::var_os("VIRTUAL_ENV").is_some() { "python" } else { "python3" };
        Self { program: name.into() }
    }

    /// The Python at this path.
    pub(crate) fn at(program: OsString) -> Self {
        Self { program }
    }

    /// The Python of a virtual environment.
    pub(crate) fn of_venv(venv: &Path) -> Self {
        Self { program: venv.join("bin").join("python").into() }
    }

    pub(crate) fn program(&self) -> &OsString {
        &self.program
    }

    /// Its name as a user would type it.
    pub(crate) fn name(&self) -> String {
        self.program.to_string_lossy().into_owned()
    }

    /// Its version as `(3, 11)`, or `None` if it does not exist or does not run.
    pub(crate) fn version(&self) -> Option<(u32, u32)> {
        let text = self.ask("import sys; print(*sys.version_info[:2])")?;
        let (major, minor) = text.split_once(' ')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    }

    /// True if `import module` works.
    pub(crate) fn has(&self, module: &str) -> bool {
        self.ask(&format!("import {module}")).is_some()
    }

    /// The version of its torch, including the build, or `None` if torch cannot be imported.
    pub(crate) fn torch(&self) -> Option<String> {
        self.ask("import torch; print(torch.__version__)")
    }

    /// Runs the script at `path`.
    pub(crate) fn script(&self, path: &Path) -> Process {
        Process::new(&self.program).args([path])
    }

    /// Runs `python -m module args`.
    pub(crate) fn module(&self, module: &str) -> Process {
        Process::new(&self.program).args(["-m", module])
    }

    /// Runs `pip install` without questions and notices.
    pub(crate) fn pip_install(&self) -> Process {
        self.module("pip")
            .args(["install", "--no-input", "--disable-pip-version-check"])
            // Set by variable, since older versions of pip reject the flag.
            .env("PIP_ROOT_USER_ACTION", "ignore")
    }

    fn ask(&self, code: &str) -> Option<String> {
        Process::new(&self.program).args(["-c", code]).ask()
    }
}

/// Checks that the tools to download libtorch and to build with it are installed.
pub(crate) fn check_tools(python: &Python) -> Result<(), Error> {
    let mut what = Vec::new();
    let name = python.name();
    if python.version().is_none() {
        what.push(format!(
            "Python 3: `{name}` does not run (Debian, Ubuntu: `apt install python3 python3-pip`; macOS: \
             `xcode-select --install`; or set PYTHON to another one)"
        ));
    } else if !python.has("pip") {
        what.push(format!(
            "pip: `{name} -m pip` does not run (Debian, Ubuntu: `apt install python3-pip`; others: \
             `{name} -m ensurepip --user`)"
        ));
    }
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
    // CXX may have a wrapper and flags, as in `ccache g++`. Only the first word is checked here.
    let first = compiler.to_string_lossy().split_whitespace().next().unwrap_or("c++").to_owned();
    if Process::new(&first).args(["--version"]).ask().is_none() {
        what.push(format!(
            "a C++ compiler: `{first}` does not run (Debian, Ubuntu: `apt install g++`; macOS: \
             `xcode-select --install`; or set CXX to another one)"
        ));
    }
    if what.is_empty() { Ok(()) } else { Err(Error::Missing { what }) }
}
