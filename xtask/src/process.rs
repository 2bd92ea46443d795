use std::ffi::OsStr;
use std::process::{Command, ExitStatus, Stdio};

use crate::{Error, RepoRoot, progress};

/// A program to run. Its command line is printed before it starts, and its failure is an error with its exit code.
///
/// It shares this program's terminal, so Ctrl-C reaches both. While a step is shown its output goes through this program.
pub(crate) struct Process(Command);

/// Runs `cargo` with `args` in the workspace.
pub(crate) fn cargo(repo: &RepoRoot, args: &[&str]) -> Process {
    // The Cargo that runs this program, so that `cargo +toolchain xtask` uses one toolchain throughout.
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    in_workspace(repo, Process::new(program).args(args))
}

/// The same program, run in the root folder.
pub(crate) fn in_workspace(repo: &RepoRoot, mut process: Process) -> Process {
    process.0.current_dir(repo.path());
    process
}

impl Process {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        Self(Command::new(program))
    }

    pub(crate) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.0.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// Runs it in this folder.
    pub(crate) fn in_folder(mut self, folder: &std::path::Path) -> Self {
        self.0.current_dir(folder);
        self
    }

    /// Prints the command line and runs it. Fails if the program fails.
    pub(crate) fn run(mut self) -> Result<(), Error> {
        let line = self.line();
        progress::say(&format!("> {line}"));
        match progress::status(&mut self.0) {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(Error::Failed { line, code: code_of(status) }),
            Err(source) => Err(Error::Start { line, source }),
        }
    }

    /// Prints the command line, runs it, and returns its output. Fails if the program fails.
    pub(crate) fn read(mut self) -> Result<String, Error> {
        let line = self.line();
        progress::say(&format!("> {line}"));
        match progress::output(&mut self.0) {
            Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            Ok(output) => Err(Error::Failed { line, code: code_of(output.status) }),
            Err(source) => Err(Error::Start { line, source }),
        }
    }

    /// Runs silently and returns the trimmed output, or `None` if the program cannot start or fails.
    pub(crate) fn ask(mut self) -> Option<String> {
        let output = self.0.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// The command line as a user would type it.
    fn line(&self) -> String {
        let program = std::path::Path::new(self.0.get_program());
        // `cargo`, not the long path of a toolchain's cargo.
        let name = program.file_name().filter(|name| *name == "cargo").unwrap_or(program.as_os_str());
        let mut words = vec![name];
        words.extend(self.0.get_args());
        words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }
}

/// The exit code as a shell reports it: 128 plus the signal's number for a killed program.
fn code_of(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status).map(|signal| 128 + signal);
    #[cfg(not(unix))]
    let signal = None;
    status.code().or(signal).and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
