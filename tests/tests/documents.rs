//! The files and commands that the documents name exist.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;

const DOCUMENTS: [&str; 8] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/aotinductor.md",
    "docs/benches.md",
    "docs/deviations.md",
    "docs/onnx.md",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap()
}

/// The words in backticks and the targets of links.
fn named(text: &str) -> Vec<&str> {
    let code = text.split('`').skip(1).step_by(2);
    let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    code.chain(links).collect()
}

/// True for a path below a folder of this repository. Words in capitals stand for any name.
fn is_path(word: &str) -> bool {
    let first = word.split('/').next().unwrap_or_default();
    let folder = word.contains('/') && root().join(first).is_dir() && !first.is_empty() && first != "..";
    let made = ["third_party", "target", "out"].contains(&first) || word.starts_with("fuzz/corpus");
    let whole = word.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    folder && !made && whole && !word.split(['/', '_']).any(|part| ["NAME", "TARGET", "TOPIC"].contains(&part))
}

#[test]
fn every_path_in_a_document_exists() {
    let mut found = 0;
    for document in DOCUMENTS {
        let text = read(document);
        for word in named(&text).into_iter().filter(|word| is_path(word)) {
            assert!(root().join(word).exists(), "{document} names {word}");
            found += 1;
        }
    }
    assert!(found > 60, "only {found} paths were found");
}

#[test]
fn every_chore_in_a_document_exists() {
    let commands = read("xtask/src/command.rs");
    for document in DOCUMENTS {
        for rest in read(document).split("cargo xtask ").skip(1) {
            let word: String = rest.chars().take_while(char::is_ascii_lowercase).collect();
            assert!(commands.contains(&format!("\"{word}\",")), "{document} names `cargo xtask {word}`");
        }
    }
}

#[test]
fn every_member_of_the_workspace_is_in_architecture() {
    let (manifest, text) = (read("Cargo.toml"), read("ARCHITECTURE.md"));
    let members = manifest.split_once("members = [").unwrap().1.split(']').next().unwrap();
    for member in members.split('"').skip(1).step_by(2).filter(|member| !member.contains('/')) {
        assert!(
            text.contains(&format!("`{member}`")) || text.contains(&format!("`{member}/")),
            "{member} is not there"
        );
    }
}
