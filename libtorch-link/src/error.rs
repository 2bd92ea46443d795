use std::fmt;
use std::path::PathBuf;

use crate::VERSION;

/// Why libtorch cannot be used. `Display` says what was found, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// `DEP_TCH_LIBTORCH_LIB` is not set: this is not a build script, or its package does not depend on `torch-sys` directly.
    UnknownLocation,
    /// This crate does not know how to link libtorch for the target.
    UnsupportedTarget {
        /// The target's `CARGO_CFG_TARGET_OS`.
        os: String,
    },
    /// The library folder has no `libtorch_cpu` or `libc10`.
    MissingLibrary {
        /// The folder.
        lib_dir: PathBuf,
        /// The missing file.
        file: String,
    },
    /// No include folder has the header `torch/torch.h`.
    MissingHeader {
        /// The include folder that was searched.
        include_dir: PathBuf,
    },
    /// No file says which version of libtorch it is.
    UnknownVersion {
        /// The files that could have said so.
        looked_in: Vec<PathBuf>,
    },
    /// The version of libtorch is not [`VERSION`].
    WrongVersion {
        /// The version as the file has it: `"2.7.1+cpu"`.
        found: String,
        /// The file with the version.
        file: PathBuf,
    },
}

impl Error {
    /// The problem: what was found, and where.
    pub fn finding(&self) -> String {
        match self {
            Error::UnknownLocation => "the location of libtorch is unknown: DEP_TCH_LIBTORCH_LIB is not set".to_owned(),
            Error::UnsupportedTarget { os } => {
                format!("libtorch-link cannot link libtorch for the target `{os}`, only for linux and macos")
            }
            Error::MissingLibrary { lib_dir, file } => {
                format!("{} does not hold libtorch: the file {file} is missing", lib_dir.display())
            }
            Error::MissingHeader { include_dir } => {
                format!(
                    "{} does not hold the headers of libtorch: the file torch/torch.h is missing",
                    include_dir.display()
                )
            }
            Error::UnknownVersion { looked_in } => {
                let files: Vec<_> = looked_in.iter().map(|file| file.display().to_string()).collect();
                format!("the version of libtorch is unknown: none of these files has it: {}", files.join(", "))
            }
            Error::WrongVersion { found, file } => {
                format!("found libtorch {found} (according to {}), but {VERSION} is required", file.display())
            }
        }
    }

    /// The cure: what to do about it.
    pub fn cure(&self) -> &'static str {
        match self {
            Error::UnknownLocation => {
                "add `torch-sys = \"0.26.0\"` to the [dependencies] of this package (Cargo passes the location to direct \
                 dependents only) and call libtorch_link from its build script"
            }
            Error::UnsupportedTarget { .. } => "pass the linker arguments in your own build script",
            Error::MissingLibrary { .. }
            | Error::MissingHeader { .. }
            | Error::UnknownVersion { .. }
            | Error::WrongVersion { .. } => {
                "set LIBTORCH to the folder of a libtorch 2.13.0, which has include and lib (the folder `torch` of Python's \
                 torch 2.13.0 does as well), or set LIBTORCH_USE_PYTORCH=1 to use the torch of Python; in the \
                 repository of torch-export, unset both and run `cargo xtask setup`"
            }
        }
    }

    /// Fails the build from a build script: prints `Display` as `cargo::error`.
    pub fn report(&self) {
        // Cargo reads one instruction per line.
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
