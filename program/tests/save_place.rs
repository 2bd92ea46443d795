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

/// Every kind of place: what a save ends in there, and that every message has the path once, with a cure.
#[cfg(unix)]
mod kinds {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};

    /// The error of a save, whose message has the path once and this cure.
    fn refused(path: &Path, cure: &str) -> SaveError {
        let error = linear().save(path).unwrap_err();
        let text = error.to_string();
        assert_eq!(text.matches(&*path.display().to_string()).count(), 1, "{text}");
        assert!(text.ends_with(cure), "{text}");
        error
    }

    /// Whether modes of files bind this process; they do not bind root.
    fn modes_bind(folder: &Path) -> bool {
        fs::File::create(folder.join("probe")).is_err()
    }

    #[test]
    fn a_link_to_a_device_stays_and_so_does_the_device() {
        let folder = Folder::new("device");
        let path = folder.0.join("model.pt2");
        symlink("/dev/null", &path).unwrap();
        linear().save(&path).unwrap();
        assert!(fs::symlink_metadata(&path).unwrap().file_type().is_symlink());
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
        assert_eq!(folder.names(), ["model.pt2"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_that_is_full_is_an_error() {
        let folder = Folder::new("full");
        let path = folder.0.join("model.pt2");
        symlink("/dev/full", &path).unwrap();
        refused(&path, "free space, or choose a folder on another file system");
        assert!(fs::metadata("/dev/full").unwrap().file_type().is_char_device());
        assert_eq!(folder.names(), ["model.pt2"]);
    }

    #[test]
    fn a_folder_and_what_is_below_a_file() {
        let folder = Folder::new("kinds");
        let taken = folder.0.join("taken.pt2");
        fs::create_dir(&taken).unwrap();
        refused(&taken, "choose the name of a file in that folder");
        let link = folder.0.join("link.pt2");
        symlink("taken.pt2", &link).unwrap();
        refused(&link, "choose the name of a file in that folder");
        let file = folder.0.join("file");
        fs::write(&file, b"mine").unwrap();
        refused(&file.join("model.pt2"), "a part of the path before the last is a file: choose another folder");
        refused(&folder.0.join("missing").join("model.pt2"), "make its folder first");
        assert_eq!(folder.names(), ["file", "link.pt2", "taken.pt2"]);
        assert_eq!(fs::read(&file).unwrap(), b"mine");
    }

    #[test]
    fn links_that_lead_nowhere() {
        let folder = Folder::new("nowhere");
        let (circle, other) = (folder.0.join("circle.pt2"), folder.0.join("other.pt2"));
        symlink("other.pt2", &circle).unwrap();
        symlink("circle.pt2", &other).unwrap();
        refused(&circle, "choose another path");
        let nowhere = folder.0.join("nowhere.pt2");
        symlink("no such folder/model.pt2", &nowhere).unwrap();
        refused(&nowhere, "make its folder first");
        assert_eq!(folder.names(), ["circle.pt2", "nowhere.pt2", "other.pt2"]);
    }

    #[test]
    fn names_that_are_too_long() {
        let folder = Folder::new("too-long");
        for name in ["n".repeat(256), "ä".repeat(140), "n".repeat(5000)] {
            refused(&folder.0.join(name), "choose a shorter name");
        }
        let deep: PathBuf = std::iter::repeat_n("folder", 1000).collect();
        refused(&folder.0.join(deep).join("model.pt2"), "choose a shorter name");
        assert!(folder.names().is_empty());
    }

    #[test]
    fn names_of_any_bytes() {
        let folder = Folder::new("bytes");
        for name in [&b"\xff\xfe.pt2"[..], b"a\nb.pt2", b" ", b"-", b"'\"\\.pt2", b".pt2", b"no extension"] {
            let path = folder.0.join(OsStr::from_bytes(name));
            linear().save(&path).unwrap();
            assert!(loads(&path), "{path:?}");
            linear().save(&path).unwrap();
            fs::remove_file(&path).unwrap();
        }
        assert!(folder.names().is_empty());
        let path = folder.0.join(OsStr::from_bytes(b"a\0b.pt2"));
        assert!(matches!(linear().save(path), Err(SaveError::Io { .. })));
        for nameless in ["", "/", "..", "a/.."] {
            assert!(matches!(linear().save(nameless), Err(SaveError::NoFileName(_))), "{nameless:?}");
        }
    }

    #[test]
    fn a_file_of_any_mode() {
        let folder = Folder::new("modes");
        let path = folder.0.join("model.pt2");
        for mode in [0o400, 0o444, 0o000, 0o555] {
            fs::write(&path, b"mine").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            refused(&path, "make the file writable, remove it, or choose another name");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"mine");
            fs::remove_file(&path).unwrap();
        }
        for mode in [0o600, 0o660, 0o666, 0o700, 0o200, 0o4755] {
            fs::write(&path, b"mine").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            linear().save(&path).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, mode, "{mode:o}");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            assert!(loads(&path), "{mode:o}");
        }
        assert_eq!(folder.names(), ["model.pt2"]);
    }

    #[test]
    fn a_folder_without_the_permission_to_write() {
        let folder = Folder::new("closed-folder");
        let inner = folder.0.join("inner");
        fs::create_dir(&inner).unwrap();
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o555)).unwrap();
        let path = inner.join("model.pt2");
        if modes_bind(&inner) {
            refused(&path, "make its folder writable, or choose another one");
        } else {
            linear().save(&path).unwrap();
            assert!(loads(&path));
        }
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// What a save of a process leaves that is ended by the signal 9 is removed by the next save to that path.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_save_that_is_killed() {
        if let Ok(path) = std::env::var("TORCH_EXPORT_TEST_SAVE_FOREVER") {
            let mut program = linear();
            program.extra_files.insert("large".to_owned(), program::Storage::new(vec![7; 32 << 20]));
            loop {
                program.save(&path).unwrap();
            }
        }
        let folder = Folder::new("killed");
        let path = folder.0.join("model.pt2");
        // Ended at another point of a save each time, until one was stopped in the middle of it.
        for turn in 0..200 {
            let mut child = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "kinds::a_save_that_is_killed"])
                .env("TORCH_EXPORT_TEST_SAVE_FOREVER", &path)
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap();
            while folder.names().is_empty() && child.try_wait().unwrap().is_none() {
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(Duration::from_millis(turn % 7));
            child.kill().unwrap();
            child.wait().unwrap();
            if folder.names().iter().any(|name| name.ends_with(".pt2-part")) {
                break;
            }
        }
        assert!(folder.names().iter().any(|name| name.ends_with(".pt2-part")), "{:?}", folder.names());
        linear().save(&path).unwrap();
        assert_eq!(folder.names(), ["model.pt2"]);
        assert!(loads(&path));
    }

    /// Errors of the content have the path once too, and errors of loading.
    #[test]
    fn every_error_has_the_path_once() {
        let folder = Folder::new("once");
        let path = folder.0.join("model.pt2");
        let shown = path.display().to_string();
        let mut program = linear();
        program.hints.clear();
        let error = program.save(&path).unwrap_err();
        assert!(matches!(error.cause(), SaveError::Expr { .. }), "{error}");
        assert_eq!(error.to_string().matches(&shown).count(), 1, "{error}");
        assert!(folder.names().is_empty());
        linear().save(&path).unwrap();
        let bytes = fs::read(&path).unwrap();
        let failing = |content: &[u8]| {
            fs::write(&path, content).unwrap();
            let text = ExportedProgram::load(&path).unwrap_err().to_string();
            assert_eq!(text.matches(&shown).count(), 1, "{text}");
            text
        };
        failing(b"");
        failing(b"text");
        failing(&bytes[..bytes.len() / 2]);
        let damaged = |from: &[u8], to: &[u8]| {
            let mut bytes = bytes.clone();
            let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
            bytes[at..at + to.len()].copy_from_slice(to);
            bytes
        };
        let text = failing(&damaged(b"graph_module", b"graph_modulo"));
        assert!(text.contains("checksum"), "{text}");
        fs::remove_file(&path).unwrap();
        let missing = ExportedProgram::load(&path).unwrap_err().to_string();
        assert_eq!(missing.matches(&shown).count(), 1, "{missing}");
        fs::create_dir(&path).unwrap();
        let is_folder = ExportedProgram::load(&path).unwrap_err().to_string();
        assert_eq!(is_folder.matches(&shown).count(), 1, "{is_folder}");
        assert!(program::Archive::open(&path).is_err());
    }
}
