//! The README shows the programs and the output of the examples `readme` and `suggested_fix`.
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

const EXAMPLES: [&str; 2] = ["readme", "suggested_fix"];

/// The code of an example, without its first comment.
fn code(example: &str) -> String {
    let text = read(&format!("examples/examples/{example}.rs"));
    let (_, code) = text.split_once("\n\n").unwrap();
    code.to_owned()
}

#[test]
fn the_program_is_the_example() {
    let whole = format!("```rust,no_run\n{}```", code("readme"));
    assert!(read("README.md").contains(&whole), "README.md shows another program");
    // The README shows only some lines of the second program.
    let (readme, code) = (read("README.md"), code("suggested_fix"));
    let shown = readme.split("<!-- suggested_fix -->").nth(1).unwrap();
    let (_, shown) = shown.split_once("```rust,ignore\n").unwrap();
    let (shown, _) = shown.split_once("```").unwrap();
    let lines: Vec<&str> = code.lines().map(str::trim).collect();
    for line in shown.lines().map(str::trim).filter(|line| !line.is_empty()) {
        assert!(lines.contains(&line), "the example has no line `{line}`");
    }
}

#[test]
fn the_output_is_what_the_example_prints() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    for example in EXAMPLES {
        let output = Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--offline", "-p", "examples", "--example", example])
            .current_dir(root())
            .env("CARGO_TARGET_DIR", target)
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(
            read("README.md").contains(&format!("```text\n{printed}```")),
            "README.md shows another output of {example}:\n{printed}"
        );
    }
}
