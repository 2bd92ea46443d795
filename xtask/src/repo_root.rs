use std::path::{Path, PathBuf};

use crate::Error;

/// The root folder of this repository, and the folders in it that chores use.
pub(crate) struct RepoRoot {
    path: PathBuf,
}

impl RepoRoot {
    /// Finds the root: Cargo says where this package is, and the root is the parent of that folder.
    pub(crate) fn find() -> Result<Self, Error> {
        let package = std::env::var_os("CARGO_MANIFEST_DIR").ok_or(Error::NotInRepository)?;
        let path = Path::new(&package).parent().ok_or(Error::NotInRepository)?.to_owned();
        Ok(Self { path })
    }

    /// The root folder, which is also the workspace's.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder for what `setup` downloads. Git ignores it.
    pub(crate) fn third_party(&self) -> PathBuf {
        self.path.join("third_party")
    }

    /// The libtorch of `setup`. `.cargo/config.toml` sets `LIBTORCH` to the same path, unless the user has set it.
    pub(crate) fn libtorch(&self) -> PathBuf {
        self.third_party().join("libtorch")
    }

    /// The Python environment of `conformance`. Git ignores it.
    pub(crate) fn venv(&self) -> PathBuf {
        self.path.join(".venv")
    }
}
