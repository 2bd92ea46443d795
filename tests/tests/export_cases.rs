//! The export cases build on the facade, and run by name. Not all of them pass yet; two that do are run here.
#![cfg(feature = "tch")]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::process::Command;

/// What the program prints for one case.
fn run(case: &str) -> String {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline", "-p", "export-cases", "--", case])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap())
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn cases_run_by_name() {
    // Both are exported and right at sizes that the export did not use. PyTorch exports `I4`, so a refusal would fail.
    assert_eq!(run("H3"), "VERDICT ok\n");
    assert_eq!(run("I4"), "VERDICT ok\n");
    // An unknown name is reported, so each verdict above is that of a case.
    assert_eq!(run("Z9"), "VERDICT no such case\n");
}
