//! The export cases build on the facade, and run by name. Not all of them pass yet; two that do are run here.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::process::Command;

/// What the program prints for one case.
fn run(case: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_export-cases")).arg(case).output().unwrap();
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
