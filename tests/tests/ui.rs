//! What the compiler says when the macros are misused: every case in `ui/fail` fails with exactly the text in its
//! `.stderr` file, and every case in `ui/pass` compiles and runs.
//!
//! To accept new texts run `TRYBUILD=overwrite cargo test -p tests --test ui` with the toolchain named below, and review
//! the diff.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The compiler whose texts are recorded. Other versions word them differently.
const RECORDED_WITH: &str = "rustc 1.95.";

/// The folder of the package with the cases.
fn package() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ui")
}

/// The files in a folder and its subfolders, as paths relative to the package.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from(folder)];
    while let Some(folder) = open.pop() {
        for entry in package().join(&folder).read_dir().unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no case in {folder}");
    found
}

/// Runs [`cases`] in a process whose package is `ui`. Trybuild uses the dependencies and features of the package, so `tch`
/// is not built again for the cases.
#[test]
fn the_compiler_says_what_is_recorded() {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "cases", "--ignored", "--nocapture"])
        .env("CARGO_MANIFEST_DIR", package())
        .env("CARGO_PKG_NAME", "ui")
        .current_dir(package())
        .status()
        .unwrap();
    assert!(status.success(), "some case behaves differently, as shown above");
}

#[test]
#[ignore = "run by `the_compiler_says_what_is_recorded`, in the package of the cases"]
fn cases() {
    let cases = trybuild::TestCases::new();
    files("pass", "rs").iter().for_each(|case| cases.pass(case));
    let version = Command::new("rustc").arg("--version").output().unwrap().stdout;
    let version = String::from_utf8_lossy(&version).into_owned();
    if version.starts_with(RECORDED_WITH) {
        files("fail", "rs").iter().for_each(|case| cases.compile_fail(case));
    } else {
        println!("the texts are not compared: they were recorded with {RECORDED_WITH}x, and this is {version}");
    }
}

#[test]
fn every_case_has_its_text_and_every_text_its_case() {
    let cases: Vec<PathBuf> = files("fail", "rs").iter().map(|p| p.with_extension("stderr")).collect();
    assert_eq!(cases, files("fail", "stderr"));
    let count = cases.len() + files("pass", "rs").len();
    assert!(count >= 100, "only {count} cases");
}

#[test]
fn every_case_begins_with_its_own_description() {
    let mut seen = std::collections::HashMap::new();
    for case in files("fail", "rs").into_iter().chain(files("pass", "rs")) {
        let text = std::fs::read_to_string(package().join(&case)).unwrap();
        let first = text.lines().next().unwrap_or_default().to_owned();
        assert!(first.starts_with("// ") || first.starts_with("//! "), "{}: {first}", case.display());
        if let Some(other) = seen.insert(first, case.clone()) {
            panic!("{} and {} begin with the same line", case.display(), other.display());
        }
    }
}

#[test]
fn no_text_depends_on_the_machine() {
    for case in files("fail", "stderr") {
        let text = std::fs::read_to_string(package().join(&case)).unwrap();
        // The compiler shows sources of the standard library only where they are installed.
        let found = ["$RUST", "/rustc/", "library/core", "library/std"].iter().find(|part| text.contains(*part));
        assert_eq!(found, None, "in {}", case.display());
    }
}

/// The strictest case with clippy, whose lints the cases are otherwise not built with.
#[test]
fn expansions_are_clean_for_clippy() {
    if !Command::new(env!("CARGO")).args(["clippy", "--version"]).output().unwrap().status.success() {
        println!("clippy is not installed");
        return;
    }
    let output = Command::new(env!("CARGO"))
        .args(["clippy", "--quiet", "--offline", "--package", "ui", "--example", "strict", "--", "-Dwarnings"])
        .current_dir(package())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
