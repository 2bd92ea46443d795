//! The README's program and its output are those of the example `readme`.
#![cfg(feature = "tch")]
#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn the_program_is_the_example() {
    let example = read("examples/examples/readme.rs");
    let (_, code) = example.split_once("\n\n").unwrap();
    assert!(read("README.md").contains(&format!("```rust,no_run\n{code}```")), "README.md shows another program");
}

#[test]
fn the_output_is_what_the_example_prints() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline", "-p", "examples", "--example", "readme"])
        .current_dir(root())
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        read("README.md").contains(&format!("```text\n{printed}```")),
        "README.md shows another output:\n{printed}"
    );
}
