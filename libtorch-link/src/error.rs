use std::fmt;
use std::path::PathBuf;

use crate::VERSION;

/// Why libtorch cannot be used. `Display` says what was found where, and the cure.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// `DEP_TCH_LIBTORCH_LIB` is not set: this is no build script, or its package does not list `torch-sys`.
    UnknownLocation,
    /// The target is one whose libtorch this crate does not know how to link.
    UnsupportedTarget {
        /// The target's `CARGO_CFG_TARGET_OS`.
        os: String,
    },
    /// The folder of libraries has no `libtorch_cpu` or `libc10`.
    MissingLibrary {
        /// The folder.
        lib_dir: PathBuf,
        /// The file that should be there.
        file: String,
    },
    /// No include folder has the header `torch/torch.h`.
    MissingHeader {
        /// The include folder that was looked into.
        include_dir: PathBuf,
    },
    /// Nothing there tells libtorch's version.
    UnknownVersion {
        /// The files that were looked for.
        looked_in: Vec<PathBuf>,
    },
    /// libtorch is there in another version than [`VERSION`].
    WrongVersion {
        /// The version found, as it is written there: `"2.7.1+cpu"`.
        found: String,
        /// The file that says so.
        file: PathBuf,
    },
}

impl Error {
    /// What was found, and where.
    pub fn finding(&self) -> String {
        match self {
            Error::UnknownLocation => "the place of libtorch is unknown: DEP_TCH_LIBTORCH_LIB is not set".to_owned(),
            Error::UnsupportedTarget { os } => {
                format!(
                    "libtorch-link does not know how to link libtorch for the target `{os}`, only for linux and macos"
                )
            }
            Error::MissingLibrary { lib_dir, file } => {
                format!("there is no libtorch in {}: no file {file}", lib_dir.display())
            }
            Error::MissingHeader { include_dir } => {
                format!("there are no headers of libtorch in {}: no file torch/torch.h", include_dir.display())
            }
            Error::UnknownVersion { looked_in } => {
                let files: Vec<_> = looked_in.iter().map(|file| file.display().to_string()).collect();
                format!("the version of libtorch is unknown: none of {} tells it", files.join(", "))
            }
            Error::WrongVersion { found, file } => {
                format!("libtorch {found} found, {VERSION} wanted ({} says so)", file.display())
            }
        }
    }

    /// What to do about it.
    pub fn cure(&self) -> &'static str {
        match self {
            Error::UnknownLocation => {
                "add `torch-sys = \"0.26.0\"` to the [dependencies] of this package (Cargo tells direct dependents \
                 only) and call libtorch_link from its build script"
            }
            Error::UnsupportedTarget { .. } => "give the linker its arguments in a build script of your own",
            Error::MissingLibrary { .. }
            | Error::MissingHeader { .. }
            | Error::UnknownVersion { .. }
            | Error::WrongVersion { .. } => {
                "set LIBTORCH to the folder of a libtorch 2.13.0 (the one with include and lib; the folder `torch` of \
                 Python's torch 2.13.0 is one), or set LIBTORCH_USE_PYTORCH=1 to use Python's; in the repository of \
                 torch-export, run `cargo xtask setup` with neither set"
            }
        }
    }

    /// Fails the build, from a build script: `Display`, as `cargo::error`.
    pub fn report(&self) {
        // Cargo reads one instruction a line.
        for line in self.to_string().lines() {
            println!("cargo::error={line}");
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.finding(), self.cure())
    }
}

impl std::error::Error for Error {}
