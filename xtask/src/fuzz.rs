use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::process::{Process, in_workspace};
use crate::{Error, RepoRoot};

/// Runs one fuzz target, or each in turn, for some seconds. A finding is an error.
///
/// The seeds are in `fuzz/seeds`. Inputs that a run discovers are kept in `fuzz/corpus`, which git ignores, and the next run
/// starts from them.
pub(crate) fn run(repo: &RepoRoot, target: Option<&str>, seconds: u64) -> Result<(), Error> {
    let fuzz = repo.path().join("fuzz");
    let known = targets(&fuzz.join("fuzz_targets"))?;
    let wanted = match target {
        None => known,
        Some(name) if known.iter().any(|target| target == name) => vec![name.to_owned()],
        Some(name) => return Err(Error::UnknownTarget { name: name.to_owned(), known }),
    };
    check_tools()?;
    wanted.iter().try_for_each(|target| run_one(repo, &fuzz, target, seconds))
}

fn run_one(repo: &RepoRoot, fuzz: &Path, target: &str, seconds: u64) -> Result<(), Error> {
    let corpus = fuzz.join("corpus").join(target);
    fs::create_dir_all(&corpus).map_err(Error::file(&corpus, "make"))?;
    let artifacts = fuzz.join("artifacts").join(target);
    let before = newest(&artifacts);
    // The fuzzed code has no unsafe blocks, so no memory sanitizer is needed.
    let process = nightly_cargo().args(["fuzz", "run", "--sanitizer", "none", target]);
    let process = process.args([corpus, fuzz.join("seeds").join(target)]);
    let process = process.args(["--", &format!("-max_total_time={seconds}"), "-print_final_stats=1"]);
    match in_workspace(repo, process).run() {
        Err(Error::Failed { .. }) if newest(&artifacts) > before => {
            Err(Error::Finding { target: target.to_owned(), artifacts })
        }
        outcome => outcome,
    }
}

/// The names of the targets, in order.
fn targets(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = fs::read_dir(folder).map_err(Error::file(folder, "list"))?;
    let mut names = Vec::new();
    for entry in entries {
        let path: PathBuf = entry.map_err(Error::file(folder, "list"))?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

/// The time at which the newest file of a folder was written. An input that is found again is written again.
fn newest(folder: &Path) -> Option<SystemTime> {
    let entries = fs::read_dir(folder).ok()?;
    entries.filter_map(|entry| entry.ok()?.metadata().ok()?.modified().ok()).max()
}

/// Only the nightly compiler has libFuzzer's hooks, and this program runs with another one.
fn nightly_cargo() -> Process {
    Process::new("rustup").args(["run", "nightly", "cargo"])
}

/// Checks that the tools for fuzzing are installed.
fn check_tools() -> Result<(), Error> {
    let mut what = Vec::new();
    if nightly_cargo().args(["--version"]).ask().is_none() {
        what.push("a nightly compiler: `rustup toolchain install nightly --profile minimal`".to_owned());
    } else if nightly_cargo().args(["fuzz", "--version"]).ask().is_none() {
        what.push("cargo-fuzz: `cargo install cargo-fuzz`".to_owned());
    }
    if what.is_empty() { Ok(()) } else { Err(Error::Missing { what }) }
}
