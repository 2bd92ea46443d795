use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::process::Process;

/// The name of a scratch folder, before the number of its process.
const PREFIX: &str = ".setup-";

/// A folder to work in, removed when dropped.
///
/// Ctrl-C ends us without dropping anything, so each run first removes the folders that processes no longer alive have
/// left behind.
pub(crate) struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// Makes one in the folder `parent`, which is made if it is not there.
    pub(crate) fn in_folder(parent: &Path) -> Result<Self, Error> {
        fs::create_dir_all(parent).map_err(Error::file(parent, "make"))?;
        remove_abandoned(parent)?;
        let path = parent.join(format!("{PREFIX}{}", std::process::id()));
        fs::create_dir(&path).map_err(Error::file(&path, "make"))?;
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a folder in it.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.path.join(name);
        fs::create_dir_all(&path).map_err(Error::file(&path, "make"))?;
        Ok(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            eprintln!(
                "warning: cannot remove {}: {error}; remove it by hand",
                self.path.display()
            );
        }
    }
}

fn remove_abandoned(parent: &Path) -> Result<(), Error> {
    let entries = fs::read_dir(parent).map_err(Error::file(parent, "list"))?;
    for entry in entries {
        let entry = entry.map_err(Error::file(parent, "list"))?;
        let name = entry.file_name();
        let process = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX)?.parse::<u32>().ok());
        if process.is_some_and(|id| id == std::process::id() || !is_alive(id)) {
            eprintln!(
                "removing {}, left by an interrupted run",
                entry.path().display()
            );
            // Two runs may do this at once: gone is gone.
            if let Err(source) = fs::remove_dir_all(entry.path())
                && source.kind() != std::io::ErrorKind::NotFound
            {
                return Err(Error::File {
                    path: entry.path(),
                    doing: "remove",
                    source,
                });
            }
        }
    }
    Ok(())
}

/// Signal 0 asks whether a process is there; every shell knows it.
fn is_alive(process: u32) -> bool {
    Process::new("sh")
        .args(["-c", &format!("kill -0 {process}")])
        .ask()
        .is_some()
}
