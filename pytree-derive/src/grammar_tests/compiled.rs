//! The valid items that the compiler sees: a file of `tests/ui/pass`, one module for each.

use super::models::{self, Model};
use super::random::Random;
use super::types;
use std::fmt::Write;
use std::path::Path;

const TYPES: u64 = 50;
const MODELS: u64 = 25;

fn text() -> String {
    let mut text = "\
//! Random items that the grammar of pytree-derive's tests makes: their expansions compile, without warnings.
// Written by `BLESS=1 cargo test -p pytree-derive grammar`; do not edit.
#![deny(warnings)]
#![allow(dead_code, unused, non_camel_case_types, non_snake_case, uncommon_codepoints, mixed_script_confusables)]
#![allow(unused_parens, clippy::all)]
"
    .to_owned();
    for seed in 0..TYPES {
        let case = types::valid(&mut Random::new(seed));
        _ = write!(
            text,
            "\nmod t{seed} {{\n    mod m {{\n        #[derive(::pytree_core::PyTree)]\n{}\n    }}\n}}\n",
            indent(&case.source)
        );
    }
    for seed in 0..MODELS {
        let Model { arguments, source, beside, .. } = models::valid(&mut Random::new(seed));
        _ = write!(
            text,
            "\nmod b{seed} {{\n    {beside}\n    #[::pytree_core::module({arguments})]\n{}\n}}\n",
            indent(&source)
        );
    }
    for seed in 0..MODELS {
        let source = models::function(&mut Random::new(seed)).source;
        _ = write!(text, "\nfn f{seed}() {{\n    let _ = ::pytree_core::function!({source});\n}}\n");
    }
    text.push_str("\nfn main() {}\n");
    text
}

fn indent(source: &str) -> String {
    source.lines().map(|line| format!("        {line}")).collect::<Vec<_>>().join("\n")
}

#[test]
fn grammar_that_is_compiled() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ui/pass/grammar.rs");
    let text = text();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap() == text,
        "{} holds other items than the grammar makes",
        path.display()
    );
}
