//! Checks folders that are a libtorch, and folders that are not.
#![allow(clippy::unwrap_used, reason = "a test that cannot make its folders has failed")]
#![cfg(any(target_os = "linux", target_os = "macos"))]

use std::fs;
use std::path::{Path, PathBuf};

use libtorch_link::{Error, Libtorch, VERSION};

const EXTENSION: &str = if cfg!(target_os = "macos") { "dylib" } else { "so" };

/// A folder in Cargo's folder for tests, made like a libtorch 2.13.0 from Python: no `build-version`.
struct Fake(PathBuf);

impl Fake {
    fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("libtorch-link").join(name);
        let _ = fs::remove_dir_all(&root);
        Self(root)
            .with(&format!("lib/libtorch_cpu.{EXTENSION}"), "")
            .with(&format!("lib/libc10.{EXTENSION}"), "")
            .with("include/torch/csrc/api/include/torch/torch.h", "")
            .with("version.py", "__version__ = '2.13.0+cpu'\n")
    }

    fn with(self, file: &str, text: &str) -> Self {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn without(self, file: &str) -> Self {
        fs::remove_file(self.0.join(file)).unwrap();
        self
    }

    fn check(&self) -> Result<Libtorch, Error> {
        Libtorch::at(&self.0)
    }
}

#[test]
fn a_complete_libtorch_has_its_folders() {
    let fake = Fake::new("whole");
    let libtorch = fake.check().unwrap();
    let root = &fake.0;
    assert_eq!(libtorch.lib_dir(), root.join("lib"));
    assert_eq!(libtorch.include_dirs(), [root.join("include"), root.join("include/torch/csrc/api/include")]);
    assert_eq!(libtorch.version(), "2.13.0+cpu");
    assert_eq!(libtorch.link_args(), [format!("-Wl,-rpath,{}", root.join("lib").display())]);
}

#[test]
fn a_missing_library_is_named() {
    let file = format!("libc10.{EXTENSION}");
    let fake = Fake::new("no-c10").without(&format!("lib/{file}"));
    let lib_dir = fake.0.join("lib");
    assert_eq!(fake.check().unwrap_err(), Error::MissingLibrary { lib_dir, file });
}

#[test]
fn a_missing_folder_is_named_as_given() {
    let error = Libtorch::at("/nowhere/libtorch").unwrap_err();
    let file = format!("libtorch_cpu.{EXTENSION}");
    assert_eq!(error, Error::MissingLibrary { lib_dir: "/nowhere/libtorch/lib".into(), file });
}

#[test]
fn missing_headers_are_named() {
    let fake = Fake::new("no-headers").without("include/torch/csrc/api/include/torch/torch.h");
    let include_dir = fake.0.join("include");
    assert_eq!(fake.check().unwrap_err(), Error::MissingHeader { include_dir });
}

#[test]
fn each_file_with_the_version_is_read() {
    let header = "#pragma once\n\n#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 13\n\
                  #define TORCH_VERSION_PATCH 0\n#define TORCH_VERSION \\\n  \"2.13.0\"\n";
    for (name, file, text, version) in [
        ("build-version", "build-version", "2.13.0+cpu\n", "2.13.0+cpu"),
        ("single-quotes", "version.py", "from x import y\n__version__ = '2.13.0'\ncuda = None", "2.13.0"),
        ("double-quotes", "version.py", "__version__ = \"2.13.0+cu130\"", "2.13.0+cu130"),
        ("header", "include/torch/headeronly/version.h", header, "2.13.0"),
        ("old-header", "include/torch/csrc/api/include/torch/version.h", header, "2.13.0"),
    ] {
        let fake = Fake::new(name).without("version.py").with(file, text);
        assert_eq!(fake.check().unwrap().version(), version, "{name}");
    }
}

#[test]
fn a_wrong_version_is_an_error_with_versions_file_and_cure() {
    for (name, found) in
        [("patch", "2.13.1"), ("minor", "2.7.0+cu126"), ("longer", "2.13.0.1"), ("dev", "2.13.0a0+git1")]
    {
        let fake = Fake::new(name).with("build-version", found);
        let error = fake.check().unwrap_err();
        let file = fake.0.join("build-version");
        assert_eq!(error, Error::WrongVersion { found: found.to_owned(), file: file.clone() });
        let text = error.to_string();
        for word in [found, VERSION, file.to_str().unwrap(), "LIBTORCH", "cargo xtask setup"] {
            assert!(text.contains(word), "no {word} in: {text}");
        }
    }
}

#[test]
fn an_unknown_version_is_an_error_that_names_the_files() {
    for (name, text) in [("no-version", "git_version = '2.13.0'"), ("unquoted", "__version__ = version()")] {
        let fake = Fake::new(name).with("version.py", text).with("build-version", " \n");
        let error = fake.check().unwrap_err();
        assert!(matches!(&error, Error::UnknownVersion { looked_in } if looked_in.len() == 4), "{error}");
        assert!(error.to_string().contains("version.py"), "{error}");
    }
}

#[test]
fn libraries_of_a_gpu_are_kept_by_the_linker() {
    if EXTENSION != "so" {
        return; // only ELF linkers drop them
    }
    let arguments = Fake::new("cuda").with("lib/libtorch_cuda.so", "").check().unwrap().link_args();
    let position = |wanted: &str| arguments.iter().position(|argument| argument.contains(wanted)).unwrap();
    assert!(position("--no-as-needed") < position("-ltorch"), "{arguments:?}");
    assert!(position("-ltorch") < position("--pop-state"), "{arguments:?}");
}

#[test]
fn outside_a_build_script_nothing_is_known() {
    assert_eq!(Libtorch::probe().unwrap_err(), Error::UnknownLocation);
    assert!(Error::UnknownLocation.to_string().contains("torch-sys"));
}
