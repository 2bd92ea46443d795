//! The place to which a file is written: what is there is respected.

use std::fs::{self, File, Metadata};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Writes a file. `write` makes its content, and may be called with a file at another place first.
///
/// A regular file is replaced at once when all is written, and keeps its mode. A link stays, and what it points to is
/// replaced. A device or a pipe is written to in order.
pub(super) fn write<E: From<io::Error>>(path: &Path, write: impl FnOnce(&mut File) -> Result<(), E>) -> Result<(), E> {
    let path = target(path)?;
    let present = match fs::metadata(&path) {
        Ok(present) => Some(present),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    match present {
        Some(present) if !present.is_file() => {
            // A folder cannot be opened.
            let mut out = File::options().write(true).open(&path)?;
            let mut whole = tempfile::tempfile()?;
            write(&mut whole)?;
            whole.rewind()?;
            io::copy(&mut whole, &mut out)?;
            out.flush()?;
            Ok(())
        }
        present => replace(&path, present, write),
    }
}

/// Writes a new file beside a place, and moves it there.
fn replace<E: From<io::Error>>(
    path: &Path,
    present: Option<Metadata>,
    write: impl FnOnce(&mut File) -> Result<(), E>,
) -> Result<(), E> {
    if present.as_ref().is_some_and(|present| present.permissions().readonly()) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only").into());
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let prefix = prefix(path);
    let mut builder = tempfile::Builder::new();
    let own = format!("{prefix}{}-", process());
    builder.prefix(&own).suffix(SUFFIX);
    // A temporary file is private to its owner by default; this one becomes a regular file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(without_path)?;
    write(file.as_file_mut())?;
    if let Some(present) = present {
        file.as_file().set_permissions(present.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    remove_leftovers(folder, &prefix);
    Ok(())
}

/// The error of the operating system alone: that of `tempfile` also has the path of the temporary file, which the user did not
/// choose.
fn without_path(error: io::Error) -> io::Error {
    let text = error.to_string();
    let own = text.split_once(" at path \"").map_or(text.as_str(), |(own, _)| own);
    io::Error::new(error.kind(), own)
}

/// What to do about a file that could not be written.
pub(super) fn cure(path: &Path, error: &io::Error) -> &'static str {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::NotFound => "make its folder first",
        Kind::NotADirectory => "a part of the path before the last is a file: choose another folder",
        Kind::PermissionDenied if fs::metadata(path).is_ok_and(|present| present.permissions().readonly()) => {
            "make the file writable, remove it, or choose another name"
        }
        Kind::PermissionDenied => "make its folder writable, or choose another one",
        Kind::IsADirectory => "choose the name of a file in that folder",
        Kind::ReadOnlyFilesystem => "choose a folder on another file system",
        Kind::StorageFull | Kind::QuotaExceeded => "free space, or choose a folder on another file system",
        Kind::FileTooLarge => "choose a folder on a file system that takes files of this size",
        Kind::InvalidFilename => "choose a shorter name",
        Kind::BrokenPipe => "keep the reader of the pipe open until all is written",
        Kind::InvalidInput => "choose another path",
        _ => "check that the folder exists and is writable",
    }
}

/// What a path stands for: the end of a chain of links, which need not exist.
fn target(path: &Path) -> io::Result<PathBuf> {
    /// As many as Linux follows.
    const LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(to) => path = path.parent().unwrap_or(Path::new("")).join(to),
            // It is not a link, or not there.
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "too many links lead on from it"))
}

const SUFFIX: &str = ".pt2-part";

/// How the names of the temporary files for a place begin.
fn prefix(path: &Path) -> String {
    /// A name has at most 255 bytes.
    const LONGEST: usize = 40;
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    format!(".{}.", name.chars().take(LONGEST).collect::<String>())
}

/// The number of this process, with the space of such numbers where there are several.
fn process() -> String {
    let space = fs::read_link("/proc/self/ns/pid").map(|link| link.to_string_lossy().into_owned());
    let space: String = space.unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    format!("{space}-{}", std::process::id())
}

/// Removes the temporary files of processes that ended while they wrote to a place. One that cannot be removed is not an error
/// of the file that was written.
fn remove_leftovers(folder: &Path, prefix: &str) {
    /// A file that is being written is younger.
    const AGE: Duration = Duration::from_secs(3600);
    let Ok(entries) = fs::read_dir(folder) else { return };
    let own = process();
    let (own_space, _) = own.split_once('-').unwrap_or_default();
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(rest) = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(SUFFIX)) else { continue };
        let mut parts = rest.split('-');
        let (Some(space), Some(number), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        // Only Linux says which processes there are.
        let ended = !space.is_empty() && space == own_space && !Path::new("/proc").join(number).exists();
        let age = entry.metadata().and_then(|data| data.modified()).ok().and_then(|time| time.elapsed().ok());
        if number.parse::<u32>().is_ok() && (ended || age.is_some_and(|age| age > AGE)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
