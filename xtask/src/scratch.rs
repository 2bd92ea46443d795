use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::process::Process;
use crate::{Error, progress};

/// A folder that is removed unless it is [kept](Scratch::keep): when it is dropped, and also when Ctrl-C or a kill ends this
/// program before anything is dropped.
///
/// A shell, the guardian, does the latter. It waits for a word on a pipe, and the end of the pipe counts as one.
pub(crate) struct Scratch {
    path: PathBuf,
    guardian: Child,
}

/// The guardian's script. After a Ctrl-C it waits, since pip gets the signal as well and needs time to stop writing.
const GUARDIAN: &str = r#"
read word
case $word in keep) exit;; remove) ;; *) sleep 1;; esac
for pause in 0 1 2 4; do sleep $pause; rm -rf "$0" && exit; done
"#;

/// The name of a scratch folder, up to the number of its process.
const PREFIX: &str = ".setup-";

impl Scratch {
    /// Makes a scratch folder in the folder `parent`, which is made if it does not exist, and removes scratch folders that
    /// a loss of power has left there.
    pub(crate) fn in_folder(parent: &Path) -> Result<Self, Error> {
        fs::create_dir_all(parent).map_err(Error::file(parent, "make"))?;
        remove_abandoned(parent)?;
        let scratch = Self::at(&parent.join(format!("{PREFIX}{}", std::process::id())))?;
        fs::create_dir(&scratch.path).map_err(Error::file(&scratch.path, "make"))?;
        Ok(scratch)
    }

    /// Guards `path`, which need not exist yet.
    pub(crate) fn at(path: &Path) -> Result<Self, Error> {
        let mut command = Command::new("sh");
        command.arg("-c").arg(GUARDIAN).arg(path).stdin(Stdio::piped()).stdout(Stdio::null());
        // In a process group of its own, so that Ctrl-C does not reach it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let guardian = command.spawn().map_err(|source| Error::Start { line: "sh".to_owned(), source })?;
        Ok(Self { path: path.to_owned(), guardian })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a folder inside.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.path.join(name);
        fs::create_dir_all(&path).map_err(Error::file(&path, "make"))?;
        Ok(path)
    }

    /// Keeps the folder.
    pub(crate) fn keep(mut self) {
        self.send("keep");
    }

    /// Sends the guardian a word and waits until it has acted on it. Only the first word counts.
    fn send(&mut self, word: &str) {
        let Some(mut pipe) = self.guardian.stdin.take() else {
            return;
        };
        let sent = writeln!(pipe, "{word}");
        drop(pipe);
        if let Err(error) = sent.and_then(|()| self.guardian.wait()) {
            progress::say(&format!(
                "warning: the process that removes unfinished work has died ({error}); check {}",
                self.path.display()
            ));
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.send("remove");
    }
}

fn remove_abandoned(parent: &Path) -> Result<(), Error> {
    let entries = fs::read_dir(parent).map_err(Error::file(parent, "list"))?;
    for entry in entries {
        let path = entry.map_err(Error::file(parent, "list"))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let process = name.and_then(|name| name.strip_prefix(PREFIX)?.parse::<u32>().ok());
        if process.is_some_and(|id| id == std::process::id() || !is_alive(id)) {
            progress::say(&format!("removing {}, left by an interrupted run", path.display()));
            // A guardian may be removing it at the same time.
            if let Err(source) = fs::remove_dir_all(&path)
                && source.kind() != std::io::ErrorKind::NotFound
            {
                return Err(Error::File { path, doing: "remove", source });
            }
        }
    }
    Ok(())
}

/// True if a process exists. Signal 0 checks that, in every shell.
fn is_alive(process: u32) -> bool {
    Process::new("sh").args(["-c", &format!("kill -0 {process}")]).ask().is_some()
}
