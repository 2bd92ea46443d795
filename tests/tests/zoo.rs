//! Programs that Python exported load, print as in Python, are saved, and run on their recorded cases.
//!
//! The folder `zoo` holds a small part of what `tests/conformance/zoo.py` makes, with files of torch 2.8, 2.13 and 2.15. Set
//! `TORCH_EXPORT_ZOO` to a folder that this script has made to judge all of it.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::{Path, PathBuf};

/// The smallest number of programs in the folder. It only grows.
const PROGRAMS: usize = 78;

fn judge(folder: &Path) -> usize {
    let programs = tests::zoo::programs(folder).unwrap();
    let verdicts: Vec<_> = programs.iter().map(judged).collect();
    let failed: Vec<String> = verdicts.iter().filter(|v| v.failure.is_some()).map(ToString::to_string).collect();
    println!("{}: {} passed, {} failed", folder.display(), programs.len() - failed.len(), failed.len());
    assert!(failed.is_empty(), "{failed:#?}");
    programs.len()
}

#[cfg(feature = "tch")]
fn judged(program: &tests::zoo::ZooProgram) -> tests::zoo::Verdict {
    program.judge_run()
}

#[cfg(not(feature = "tch"))]
fn judged(program: &tests::zoo::ZooProgram) -> tests::zoo::Verdict {
    program.judge()
}

#[test]
fn programs_of_python_load_print_run_and_are_saved() {
    let count = judge(&Path::new(env!("CARGO_MANIFEST_DIR")).join("zoo"));
    assert!(count >= PROGRAMS, "{count} programs");
    if let Some(folder) = std::env::var_os("TORCH_EXPORT_ZOO") {
        judge(&PathBuf::from(folder));
    }
}
