use std::fmt;
use std::path::PathBuf;

use crate::VERSION;

/// Why libtorch cannot be used. `Display` says what was found where, and the cure.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// `DEP_TCH_LIBTORCH_LIB` is not set: this is no build script, or its package does not list `torch-sys`.
    NotTold,
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotTold => write!(
                f,
                "the place of libtorch is unknown: DEP_TCH_LIBTORCH_LIB is not set; add `torch-sys = \"0.26.0\"` to \
                 the [dependencies] of this package (Cargo tells direct dependents only) and call libtorch_link from \
                 its build script"
            ),
            Error::UnsupportedTarget { os } => write!(
                f,
                "libtorch-link does not know how to link libtorch for the target `{os}`, only for linux and macos; \
                 set the linker's arguments in your own build script"
            ),
            Error::MissingLibrary { lib_dir, file } => write!(
                f,
                "there is no libtorch in {}: no file {file}; {CURE}",
                lib_dir.display()
            ),
            Error::MissingHeader { include_dir } => write!(
                f,
                "there are no headers of libtorch in {}: no file torch/torch.h; {CURE}",
                include_dir.display()
            ),
            Error::UnknownVersion { looked_in } => {
                write!(f, "the version of libtorch is unknown: none of")?;
                for (at, file) in looked_in.iter().enumerate() {
                    write!(f, "{} {}", if at == 0 { "" } else { "," }, file.display())?;
                }
                write!(f, " tells it; {CURE}")
            }
            Error::WrongVersion { found, file } => write!(
                f,
                "libtorch {found} found, {VERSION} wanted: {} says so; {CURE}, or set \
                 LIBTORCH_BYPASS_VERSION_CHECK=1 to try this one",
                file.display()
            ),
        }
    }
}

impl std::error::Error for Error {}

/// What to do about a libtorch that is not there or not the right one.
const CURE: &str = "set LIBTORCH to the folder of a libtorch 2.13.0 (the one with include and lib; the folder `torch` \
                    of Python's torch 2.13.0 is one), or unset it and set LIBTORCH_USE_PYTORCH=1; in the repository \
                    of torch-export run `cargo xtask setup`";
