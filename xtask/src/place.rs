use std::path::{Path, PathBuf};

use crate::Error;

/// Where things are in this repository.
pub(crate) struct Place {
    root: PathBuf,
}

impl Place {
    /// Asks Cargo: the parent of this package's folder.
    pub(crate) fn find() -> Result<Self, Error> {
        let package = std::env::var_os("CARGO_MANIFEST_DIR").ok_or(Error::NotInRepository)?;
        let root = Path::new(&package).parent().ok_or(Error::NotInRepository)?.to_owned();
        Ok(Self { root })
    }

    /// The workspace.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// What set-up brings in; ignored by git.
    pub(crate) fn third_party(&self) -> PathBuf {
        self.root.join("third_party")
    }

    /// What `LIBTORCH` names unless the user set it: the same path as in `.cargo/config.toml`.
    pub(crate) fn libtorch(&self) -> PathBuf {
        self.third_party().join("libtorch")
    }

    /// The Python of `conformance`; ignored by git.
    pub(crate) fn venv(&self) -> PathBuf {
        self.root.join(".venv")
    }
}
