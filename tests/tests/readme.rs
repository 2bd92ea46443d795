//! The README shows lines of examples, and the error that one of them prints.
#![cfg(feature = "tch")]
#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::process::Command;

/// What the README may have: a reader decides in one sitting.
const WORDS: usize = 1000;

/// In the order in which they can run: the second reads the file of the first.
const EXAMPLES: [&str; 4] = ["readme", "run_program", "cache", "suggested_fix"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// The blocks of Rust in the README, with the example that the mark before each names.
fn blocks(readme: &str) -> Vec<(&str, &str)> {
    let marked = readme.split("<!-- ").skip(1);
    let block = |rest| -> Option<(&str, &str)> {
        let (name, rest): (&str, &str) = str::split_once(rest, " -->\n\n```rust,ignore\n")?;
        Some((name, rest.split_once("```")?.0))
    };
    marked.map(|rest| block(rest).unwrap()).collect()
}

#[test]
fn every_line_of_code_is_one_of_its_example() {
    let readme = read("README.md");
    let blocks = blocks(&readme);
    assert_eq!(blocks.len(), readme.matches("```rust").count(), "a block of Rust without a mark");
    for (example, block) in &blocks {
        let code = read(&format!("examples/examples/{example}.rs"));
        let mut lines = code.lines().map(str::trim);
        for line in block.lines().map(str::trim).filter(|line| !line.is_empty()) {
            // In the order of the example.
            assert!(lines.any(|other| other == line), "{example} has no line `{line}` there");
        }
    }
    let shown = |example: &&str| blocks.iter().any(|(name, _)| name == example);
    assert!(EXAMPLES.iter().all(shown), "an example is not shown");
}

#[test]
fn the_readme_is_short() {
    let words = read("README.md").split_whitespace().count();
    assert!(words <= WORDS, "{words} words");
}

#[test]
fn the_examples_run_and_print_what_the_readme_shows() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let mut all = String::new();
    for example in EXAMPLES {
        let output = Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--offline", "-p", "examples", "--example", example])
            .current_dir(root())
            .env("CARGO_TARGET_DIR", target)
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{example}: {error}");
        all += &String::from_utf8(output.stdout).unwrap();
    }
    for shown in read("README.md").split("```text\n").skip(1) {
        let (shown, _) = shown.split_once("```").unwrap();
        assert!(all.contains(shown), "no example prints\n{shown}");
    }
    assert!(all.contains("x.shape[0] is s77, at least 2"), "{all}");
}
