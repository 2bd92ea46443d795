//! Saving to a path at which there is something: files, links, pipes, folders, and what a save that was stopped has left.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

mod support;

use program::{ExportedProgram, SaveError};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use support::linear;

/// A temporary folder, which is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("torch-export-place-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(&self.0).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The bytes of the program in a file of this name.
fn expected(name: &str) -> Vec<u8> {
    let folder = Folder::new(&format!("expected-{name}-{:?}", std::thread::current().id()));
    let path = folder.0.join(name);
    linear().save(&path).unwrap();
    fs::read(path).unwrap()
}

fn loads(path: &Path) -> bool {
    ExportedProgram::load(path).unwrap().to_string() == linear().to_string()
}

#[test]
fn a_file_is_replaced() {
    let folder = Folder::new("replaced");
    let path = folder.0.join("model.pt2");
    fs::write(&path, b"something else").unwrap();
    linear().save(&path).unwrap();
    assert!(loads(&path));
    // A program that is mapped from the file can be saved to it.
    ExportedProgram::load(&path).unwrap().save(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), expected("model.pt2"));
    assert_eq!(folder.names(), ["model.pt2"]);
}

#[test]
fn a_name_as_long_as_a_name_may_be() {
    let folder = Folder::new("long");
    let name = format!("{}.pt2", "n".repeat(251));
    linear().save(folder.0.join(&name)).unwrap();
    assert_eq!(folder.names(), [name]);
}

#[test]
fn a_folder_is_an_error_that_names_it() {
    let folder = Folder::new("folder");
    let taken = folder.0.join("taken.pt2");
    fs::create_dir(&taken).unwrap();
    let error = linear().save(&taken).unwrap_err();
    assert!(matches!(&error, SaveError::Io { path, .. } if *path == taken), "{error}");
    assert!(error.to_string().contains("taken.pt2"), "{error}");
    assert_eq!(folder.names(), ["taken.pt2"]);
}

#[test]
fn a_read_only_file_stays() {
    let folder = Folder::new("readonly");
    let path = folder.0.join("model.pt2");
    fs::write(&path, b"mine").unwrap();
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let error = linear().save(&path).unwrap_err();
    assert!(error.to_string().contains("model.pt2: the file is read-only"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"mine");
    assert_eq!(folder.names(), ["model.pt2"]);
}

#[test]
fn what_a_stopped_save_has_left_is_removed_by_the_next_one() {
    let folder = Folder::new("leftovers");
    let old = SystemTime::now() - Duration::from_secs(7200);
    let make = |name: &str, time: SystemTime| {
        let file = fs::File::create(folder.0.join(name)).unwrap();
        file.set_modified(time).unwrap();
    };
    make(".model.pt2.1-4000000000-abcdef.pt2-part", old);
    // These are of a save that may be running, of another file, or not temporary.
    make(".model.pt2.1-4000000000-abcdeg.pt2-part", SystemTime::now());
    make(".other.pt2.1-4000000000-abcdef.pt2-part", old);
    make(".model.pt2.notes", old);
    linear().save(folder.0.join("model.pt2")).unwrap();
    let left = [
        ".model.pt2.1-4000000000-abcdeg.pt2-part",
        ".model.pt2.notes",
        ".other.pt2.1-4000000000-abcdef.pt2-part",
        "model.pt2",
    ];
    assert_eq!(folder.names(), left);
}

/// A process that ends while it writes leaves its file, and the next save removes it at once where the system says which
/// processes there are.
#[cfg(target_os = "linux")]
#[test]
fn the_file_of_a_process_that_has_ended_is_removed_at_once() {
    let folder = Folder::new("ended");
    let space = fs::read_link("/proc/self/ns/pid").unwrap().into_os_string().into_string().unwrap();
    let space: String = space.chars().filter(char::is_ascii_digit).collect();
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let ended = child.id();
    child.wait().unwrap();
    let own = std::process::id();
    fs::write(folder.0.join(format!(".model.pt2.{space}-{ended}-abcdef.pt2-part")), b"a part").unwrap();
    fs::write(folder.0.join(format!(".model.pt2.{space}-{own}-abcdef.pt2-part")), b"a part").unwrap();
    linear().save(folder.0.join("model.pt2")).unwrap();
    assert_eq!(folder.names(), [format!(".model.pt2.{space}-{own}-abcdef.pt2-part"), "model.pt2".to_owned()]);
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::io::Read;
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};

    #[test]
    fn a_file_keeps_its_mode() {
        let folder = Folder::new("mode");
        let path = folder.0.join("model.pt2");
        for mode in [0o600, 0o640, 0o755] {
            fs::write(&path, b"something else").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            linear().save(&path).unwrap();
            assert!(loads(&path));
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, mode);
        }
    }

    #[test]
    fn links_stay_and_what_they_point_to_is_written() {
        let folder = Folder::new("links");
        let (real, relative) = (folder.0.join("real"), folder.0.join("relative.pt2"));
        fs::create_dir(&real).unwrap();
        fs::write(real.join("model.pt2"), b"something else").unwrap();
        symlink("real/model.pt2", &relative).unwrap();
        let (chain, dangling) = (folder.0.join("chain.pt2"), folder.0.join("dangling.pt2"));
        symlink(&relative, &chain).unwrap();
        symlink("real/new.pt2", &dangling).unwrap();
        for (link, to) in [(&relative, "model.pt2"), (&chain, "model.pt2"), (&dangling, "new.pt2")] {
            linear().save(link).unwrap();
            assert!(fs::symlink_metadata(link).unwrap().file_type().is_symlink());
            assert!(!fs::symlink_metadata(real.join(to)).unwrap().file_type().is_symlink());
            assert!(loads(link) && loads(&real.join(to)));
        }
        let circle = folder.0.join("circle.pt2");
        symlink("circle.pt2", &circle).unwrap();
        let error = linear().save(&circle).unwrap_err();
        assert!(error.to_string().contains("circle.pt2: "), "{error}");
        // A link to a folder that is not there.
        let nowhere = folder.0.join("nowhere.pt2");
        symlink("no such folder/model.pt2", &nowhere).unwrap();
        let error = linear().save(&nowhere).unwrap_err();
        assert!(error.to_string().contains("nowhere.pt2: "), "{error}");
    }

    #[test]
    fn a_pipe_is_written_to_and_stays() {
        let folder = Folder::new("pipe");
        let path = folder.0.join("model.pt2");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        let reader = {
            let path = path.clone();
            std::thread::spawn(move || {
                let mut bytes = Vec::new();
                fs::File::open(path).unwrap().read_to_end(&mut bytes).unwrap();
                bytes
            })
        };
        linear().save(&path).unwrap();
        assert_eq!(reader.join().unwrap(), expected("model.pt2"));
        assert!(fs::symlink_metadata(&path).unwrap().file_type().is_fifo());
        assert_eq!(folder.names(), ["model.pt2"]);
    }

    #[test]
    fn a_pipe_that_is_closed_is_an_error_that_names_it() {
        let folder = Folder::new("closed");
        let path = folder.0.join("model.pt2");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        // More than a pipe holds, so that the writer meets the end of the reader.
        let mut program = linear();
        program.extra_files.insert("large".to_owned(), program::Storage::new(vec![7; 1 << 20]));
        let reader = {
            let path = path.clone();
            std::thread::spawn(move || fs::File::open(path).unwrap().read(&mut [0; 16]).unwrap())
        };
        let error = program.save(&path).unwrap_err();
        assert!(reader.join().unwrap() > 0);
        assert!(matches!(&error, SaveError::Io { path: named, .. } if *named == path), "{error}");
    }
}
