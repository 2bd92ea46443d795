//! The export cases build on the facade, and run by name. Those that PyTorch exports must be right, and the others must be
//! right or refused.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::process::Command;

/// Cases that PyTorch exports and that are not exported yet: numbers that depend on values.
const NOT_YET: [&str; 3] = ["C9", "C12", "C13"];

/// What the program prints for one case.
fn run(case: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_export-cases"));
    let output = command.arg(case).env("OMP_NUM_THREADS", "1").output().unwrap();
    assert!(output.status.success(), "{case}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The names in the list of cases.
fn names() -> Vec<String> {
    let source = include_str!("../public.rs");
    let quoted = source.split('"').skip(1).step_by(2);
    let is_name = |text: &&str| {
        let mut chars = text.chars();
        chars.next().is_some_and(|c| ('A'..='I').contains(&c)) && chars.next().is_some_and(|c| c.is_ascii_digit())
    };
    let mut names: Vec<String> = quoted.filter(is_name).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn every_named_case_is_right_or_refused() {
    let names = names();
    assert!(names.len() >= 55, "{names:?}");
    for name in &names {
        let verdict = run(name);
        if NOT_YET.contains(&name.as_str()) {
            // A case that passes leaves the list.
            assert!(verdict.starts_with("VERDICT REFUSED (export): the forward reads values"), "{name}: {verdict}");
        } else {
            assert!(matches!(verdict.as_str(), "VERDICT ok\n" | "VERDICT ok, refused\n"), "{name}: {verdict}");
        }
    }
    // An unknown name is reported, so each verdict above is that of a case.
    assert_eq!(run("Z9"), "VERDICT no such case\n");
}
