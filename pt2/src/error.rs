//! Why a command failed, on one line with a hint.

use program::LoadError;
use std::path::PathBuf;

/// A command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("cannot read the standard input: {0}")]
    Input(std::io::Error),
    #[error("{}: the file has the programs {}; choose one with --program NAME", path.display(), names.join(", "))]
    SeveralPrograms { path: PathBuf, names: Vec<String> },
    #[error("cannot write the output: {0}")]
    Output(#[from] std::io::Error),
    #[error("cannot write JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("`{name}` has the element type {dtype}, which a safetensors file cannot hold")]
    DType { name: String, dtype: program_dtype::DType },
    #[error("`{name}` cannot be extracted: {source}")]
    Damaged { name: String, source: program::ChecksumError },
    #[error("cannot write {}: {source}; check that the folder exists and is writable", path.display())]
    Extract { path: PathBuf, source: safetensors::SafeTensorError },
    #[cfg(feature = "run")]
    #[error(transparent)]
    Run(Box<crate::run::RunError>),
    #[cfg(not(feature = "run"))]
    #[error(
        "this `pt2` was built without libtorch, so it cannot run programs; build it with `--features run` where libtorch is \
         (LIBTORCH names its folder)"
    )]
    NoRun,
}

#[cfg(feature = "run")]
impl From<crate::run::RunError> for Error {
    fn from(error: crate::run::RunError) -> Self {
        Error::Run(Box::new(error))
    }
}

/// The type of elements, under a name that says whose it is.
pub(crate) mod program_dtype {
    pub(crate) use pytree_core::DType;
}
