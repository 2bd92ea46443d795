use std::fmt;
use std::path::{Path, PathBuf};

/// What can go wrong in a chore. `Display` says where and what to do.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) enum Error {
    /// The command line names no command.
    UnknownCommand { words: String, list: String },
    /// Cargo did not say where this package is.
    NotInRepository,
    /// Things the machine lacks, each with how to get it.
    Missing { what: Vec<String> },
    /// There is no wheel of libtorch for this platform.
    UnsupportedPlatform { os: &'static str, arch: &'static str },
    /// A program could not be started.
    Start { line: String, source: std::io::Error },
    /// A program ran and failed.
    Failed { line: String, code: u8 },
    /// A file or folder could not be read, written or moved.
    File { path: PathBuf, doing: &'static str, source: std::io::Error },
    /// The wheel does not contain what it did when this was written.
    Wheel { file: PathBuf },
    /// The libtorch that is there is not usable.
    Libtorch { cure: String, source: libtorch_link::Error },
    /// Python's torch, asked for by `LIBTORCH_USE_PYTORCH`, is another one.
    PythonTorch { python: String, found: String },
    /// A benchmark that the table shows did not run.
    NoFigure { name: String },
    /// There is no such fuzz target.
    UnknownTarget { name: String, known: Vec<String> },
    /// Fuzzing ended at an input that breaks a promise.
    Finding { target: String, artifacts: PathBuf },
    /// The Python has no wheel of torch 2.13.0.
    PythonVersion { python: String, found: String },
}

impl Error {
    /// For `map_err` on file operations.
    pub(crate) fn file(path: &Path, doing: &'static str) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::File { path, doing, source }
    }

    /// A failed program's own exit code, else 2 for the command line and 1 for the rest.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Error::Failed { code, .. } => *code,
            Error::UnknownCommand { .. } => 2,
            _ => 1,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::UnknownCommand { words, list } => write!(f, "no command `{words}`\n\n{list}"),
            Error::NotInRepository => write!(f, "run this as `cargo xtask` inside the repository"),
            Error::Missing { what } => {
                write!(f, "this machine lacks what this needs:")?;
                what.iter().try_for_each(|item| write!(f, "\n  - {item}"))
            }
            Error::UnsupportedPlatform { os, arch } => write!(
                f,
                "no libtorch can be set up for {os} on {arch}: PyTorch publishes torch 2.13.0 for Linux on x86-64 and \
                 aarch64 and for macOS on aarch64. If you have a libtorch 2.13.0, set LIBTORCH to its folder"
            ),
            Error::Start { line, source } => write!(f, "cannot start `{line}`: {source}"),
            Error::Failed { line, code } => write!(f, "`{line}` failed with exit code {code}"),
            Error::File { path, doing, source } => write!(f, "cannot {doing} {}: {source}", path.display()),
            Error::Wheel { file } => write!(
                f,
                "the torch wheel has no {}: it is laid out unlike the one this was written for. Nothing was changed; \
                 set LIBTORCH to the folder of a libtorch 2.13.0 instead",
                file.display()
            ),
            Error::Libtorch { cure, source } => write!(f, "{}; {cure}", source.finding()),
            Error::PythonTorch { python, found } => write!(
                f,
                "LIBTORCH_USE_PYTORCH is set, and {python} has {found} where torch 2.13.0 is wanted: \
                 run `{python} -m pip install torch==2.13.0 setuptools`, or unset LIBTORCH_USE_PYTORCH"
            ),
            Error::NoFigure { name } => write!(
                f,
                "the table shows the benchmark `{name}`, which is not in tests/benches: name it there, or take it out of \
                 xtask/src/bench/figures.rs"
            ),
            Error::UnknownTarget { name, known } => {
                write!(f, "no fuzz target `{name}`; fuzz/fuzz_targets has {}", known.join(", "))
            }
            Error::Finding { target, artifacts } => write!(
                f,
                "`{target}` has found an input that breaks a promise: see {} and the lines above",
                artifacts.display()
            ),
            Error::PythonVersion { python, found } => write!(
                f,
                "{python} is Python {found}, and torch 2.13.0 is published for Python 3.10 to 3.14: \
                 set PYTHON to one of these"
            ),
        }
    }
}

impl std::error::Error for Error {}
