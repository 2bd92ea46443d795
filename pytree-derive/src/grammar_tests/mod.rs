//! Random items through the macros: valid ones are expanded to code that names what they name and nothing else, and every
//! mistake is one error.
//!
//! A part of the valid items is also compiled: `tests/ui/pass/grammar.rs` holds them. To write it again run
//! `BLESS=1 cargo test -p pytree-derive grammar`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod compiled;
mod models;
mod random;
mod types;

use crate::root::Root;
use crate::{derive, module};
use models::Model;
use proc_macro2::{TokenStream, TokenTree};
use random::Random;
use std::panic::catch_unwind;
use types::Case;

const CASES: u64 = 250;

fn tokens_of(source: &str) -> TokenStream {
    source.parse().unwrap_or_else(|e| panic!("{e}: {source}"))
}

/// Runs a macro; a panic names the source.
fn expand(source: &str, run: impl Fn() -> TokenStream + std::panic::UnwindSafe) -> TokenStream {
    catch_unwind(run).unwrap_or_else(|_| panic!("the macro panics on {source}"))
}

/// Every token, in order; groups as their delimiters.
fn flat(tokens: &TokenStream, found: &mut Vec<String>) {
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) => {
                found.push("(".to_owned());
                flat(&group.stream(), found);
                found.push(")".to_owned());
            }
            other => found.push(other.to_string()),
        }
    }
}

fn words(tokens: &TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    flat(tokens, &mut found);
    found
}

fn errors(words: &[String]) -> usize {
    words.iter().filter(|w| *w == "compile_error").count()
}

/// The strings in the first group after each place where `start` stands.
fn lists_after(words: &[String], start: &[&str]) -> Vec<Vec<String>> {
    let at = |i: &usize| words[*i..].iter().zip(start).filter(|(a, b)| a == *b).count() == start.len();
    (0..words.len()).filter(at).map(|i| strings(&words[i + start.len()..])).collect()
}

/// The strings of the group that opens first.
fn strings(words: &[String]) -> Vec<String> {
    let (mut depth, mut found) = (0, Vec::new());
    for word in words {
        match word.as_str() {
            "(" => depth += 1,
            ")" => depth -= 1,
            text if text.starts_with('"') && depth > 0 => {
                found.push(syn::parse_str::<syn::LitStr>(text).unwrap().value());
            }
            _ => {}
        }
        if depth == 0 && word == ")" {
            break;
        }
    }
    found
}

fn derive_valid(case: &Case) {
    let source = &case.source;
    let written = expand(source, || derive::derive(tokens_of(source), Root::core()));
    syn::parse2::<syn::File>(written.clone()).unwrap_or_else(|e| panic!("{e} in the expansion of {source}"));
    let words = words(&written);
    assert_eq!(errors(&words), 0, "{source}\n{written}");
    // `fields: &["x", "y"]` of every node, which are all children and nothing else.
    assert_eq!(lists_after(&words, &["fields", ":", "&"]), case.children, "{source}");
    let names: Vec<String> = words
        .windows(4)
        .filter(|w| w[0] == "rust_name" && w[1] == ":")
        .map(|w| syn::parse_str::<syn::LitStr>(&w[2]).unwrap().value())
        .collect();
    assert!(names.iter().all(|n| n.split("::").next() == Some(&case.name)), "{names:?}: {source}");
    assert_eq!(names.len(), case.children.len(), "{source}");
    let tags = words.iter().position(|w| w == "__TAGS").map(|at| {
        let from = at + words[at..].iter().position(|w| w == "=").unwrap();
        strings(&words[from..])
    });
    assert_eq!(tags.unwrap_or_default(), case.tags, "{source}");
    // A type that is only read does not name the fields that are not carried.
    let rebuilt = words.iter().any(|w| w == "rebuild_fields");
    for member in case.members.iter().filter(|_| rebuilt) {
        assert!(words.contains(member), "`{member}` is missing: {source}\n{written}");
    }
}

fn mistakes(source: &str, written: &TokenStream, expected: usize, items: &[&str]) {
    let words = words(written);
    assert_eq!(errors(&words), expected, "{source}\n{written}");
    // Beside the errors there is only what keeps the uses of the type silent.
    if let Ok(file) = syn::parse2::<syn::File>(written.clone()) {
        for item in &file.items {
            let kind = match item {
                syn::Item::Macro(_) => "error",
                syn::Item::Const(_) => "const",
                syn::Item::Impl(_) => "impl",
                syn::Item::Struct(_) => "struct",
                _ => "other",
            };
            assert!(kind == "error" || items.contains(&kind), "{kind} in the expansion of {source}");
        }
    }
}

fn parameters(words: &[String]) -> Vec<String> {
    let from = words.iter().position(|w| w == "__PARAMETERS").unwrap();
    let from = from + words[from..].iter().position(|w| w == "=").unwrap();
    strings(&words[from..])
}

fn module_valid(model: &Model) {
    let Model { source, arguments, .. } = model;
    let written = expand(source, || module::module(tokens_of(arguments), tokens_of(source), Root::core()));
    let file = syn::parse2::<syn::File>(written.clone())
        .unwrap_or_else(|e| panic!("{e} in the expansion of {source}\n{written}"));
    assert!(matches!(file.items.as_slice(), [syn::Item::Impl(_), syn::Item::Const(_)]), "{source}");
    let words = words(&written);
    assert_eq!(errors(&words), 0, "{source}\n{written}");
    assert_eq!(parameters(&words), model.parameters, "{source}");
    let name = words.iter().any(|w| *w == format!("\"{}\"", model.name));
    assert!(name, "the name `{}` is missing: {source}\n{written}", model.name);
}

fn function_valid(model: &Model) {
    let source = &model.source;
    let written = expand(source, || module::function(tokens_of(source), Root::core()));
    syn::parse2::<syn::Expr>(written.clone()).unwrap_or_else(|e| panic!("{e} in the expansion of {source}\n{written}"));
    let words = words(&written);
    assert_eq!(errors(&words), 0, "{source}\n{written}");
    assert_eq!(parameters(&words), model.parameters, "{source}");
    assert!(words.iter().any(|w| *w == format!("\"{}\"", model.name)), "{source}");
}

/// Deep types need a deep stack, as the compiler has.
#[test]
fn grammar_of_types() {
    std::thread::Builder::new().stack_size(64 << 20).spawn(all_types).unwrap().join().unwrap();
}

fn all_types() {
    for seed in 0..CASES {
        derive_valid(&types::valid(&mut Random::new(seed)));
        let case = types::mistaken(&mut Random::new(seed));
        let written = expand(&case.source, || derive::derive(tokens_of(&case.source), Root::core()));
        mistakes(&case.source, &written, case.mistakes, &["const"]);
    }
}

#[test]
fn grammar_of_blocks() {
    for seed in 0..CASES {
        module_valid(&models::valid(&mut Random::new(seed)));
        let model = models::mistaken(&mut Random::new(seed));
        let Model { source, arguments, .. } = &model;
        let written = expand(source, || module::module(tokens_of(arguments), tokens_of(source), Root::core()));
        mistakes(source, &written, model.mistakes, &["const", "impl", "struct"]);
    }
}

#[test]
fn grammar_of_closures() {
    for seed in 0..CASES {
        function_valid(&models::function(&mut Random::new(seed)));
        let model = models::mistaken_function(&mut Random::new(seed));
        let written = expand(&model.source, || module::function(tokens_of(&model.source), Root::core()));
        let items: [&str; 0] = [];
        mistakes(&model.source, &written, model.mistakes, &items);
    }
}
