use std::fmt;
use std::path::{Path, PathBuf};

/// Why a chore failed. `Display` says where, and what to do about it.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) enum Error {
    /// The command line does not name a command.
    UnknownCommand { words: String, meant: Option<&'static str>, list: String },
    /// Cargo did not say where this package is.
    NotInRepository,
    /// Tools are missing. Each entry says how to get one.
    Missing { what: Vec<String> },
    /// PyTorch publishes no wheel for this platform.
    UnsupportedPlatform { os: &'static str, arch: &'static str },
    /// A program could not be started.
    Start { line: String, source: std::io::Error },
    /// A program ran and failed.
    Failed { line: String, code: u8 },
    /// A file or folder could not be read, written or moved.
    File { path: PathBuf, doing: &'static str, source: std::io::Error },
    /// The wheel lacks a file that this program expects.
    Wheel { file: PathBuf },
    /// A variable is set, but to nothing.
    EmptyVariable { name: &'static str },
    /// The libtorch that was found cannot be used.
    Libtorch { cure: String, source: libtorch_link::Error },
    /// Python's torch, which `LIBTORCH_USE_PYTORCH` selects, is missing or another version.
    PythonTorch { python: String, found: String },
    /// A benchmark in the table did not run.
    NoFigure { name: String },
    /// No fuzz target has this name.
    UnknownTarget { name: String, known: Vec<String> },
    /// Fuzzing ended at an input that breaks a promise.
    Finding { target: String, artifacts: PathBuf },
    /// Rust and Python give different results.
    Differs { what: String, found: String, expected: String },
    /// PyTorch publishes no wheel of torch 2.13.0 for this Python.
    PythonVersion { python: String, found: String },
}

impl Error {
    /// Makes the error of a file operation, for `map_err`.
    pub(crate) fn file(path: &Path, doing: &'static str) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::File { path, doing, source }
    }

    /// The exit code of a failed program, 2 for an unknown command, and 1 for all other errors.
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
            Error::UnknownCommand { words, meant: Some(meant), list } => {
                write!(f, "`{words}` is not a command: did you mean `{meant}`?\n\n{list}")
            }
            Error::UnknownCommand { words, meant: None, list } => write!(f, "`{words}` is not a command\n\n{list}"),
            Error::Differs { what, found, expected } => {
                write!(f, "{what} are {found}, and {expected} are expected")
            }
            Error::NotInRepository => write!(f, "run this as `cargo xtask` inside the repository"),
            Error::Missing { what } => {
                write!(f, "some tools are missing on this machine:")?;
                what.iter().try_for_each(|item| write!(f, "\n  - {item}"))
            }
            Error::UnsupportedPlatform { os, arch } => write!(
                f,
                "libtorch cannot be set up for {os} on {arch}: PyTorch publishes torch 2.13.0 for Linux on x86-64 and \
                 aarch64 and for macOS on aarch64. If you have a libtorch 2.13.0, set LIBTORCH to its folder"
            ),
            Error::Start { line, source } => write!(f, "cannot start `{line}`: {source}"),
            Error::Failed { line, code } => write!(f, "`{line}` failed with exit code {code}"),
            Error::File { path, doing, source } => write!(f, "cannot {doing} {}: {source}", path.display()),
            Error::Wheel { file } => write!(
                f,
                "the torch wheel has no {}, so its layout is not the expected one. Nothing was changed; set LIBTORCH to \
                 the folder of a libtorch 2.13.0 instead",
                file.display()
            ),
            Error::EmptyVariable { name } => {
                write!(f, "{name} is set to nothing, which would be the current folder: unset it, or name a folder")
            }
            Error::Libtorch { cure, source } => write!(f, "{}; {cure}", source.finding()),
            Error::PythonTorch { python, found } => write!(
                f,
                "LIBTORCH_USE_PYTORCH is set, but {python} has {found} and not torch 2.13.0: \
                 run `{python} -m pip install torch==2.13.0 setuptools`, or unset LIBTORCH_USE_PYTORCH"
            ),
            Error::NoFigure { name } => write!(
                f,
                "the table has a row for the benchmark `{name}`, which is not in tests/benches: add it there, or remove \
                 the row from xtask/src/bench/figures.rs"
            ),
            Error::UnknownTarget { name, known } => {
                write!(f, "`{name}` is not a fuzz target; fuzz/fuzz_targets has {}", known.join(", "))
            }
            Error::Finding { target, artifacts } => write!(
                f,
                "the target `{target}` found an input that breaks a promise: see {} and the lines above",
                artifacts.display()
            ),
            Error::PythonVersion { python, found } => write!(
                f,
                "{python} is Python {found}, but torch 2.13.0 is published for Python 3.10 to 3.14: \
                 set PYTHON to one of these"
            ),
        }
    }
}

impl std::error::Error for Error {}
