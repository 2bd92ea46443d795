//! The names that PyTorch gives to nodes whose name a file does not have (`torch.fx.graph._Namespace`).

use pytree_core::python;
use std::collections::{HashMap, HashSet};

/// The names in use in one graph.
#[derive(Default)]
pub(super) struct FxNames {
    used: HashSet<String>,
    last: HashMap<String, u64>,
}

/// Names that are neither builtins nor keywords, and that a printed graph uses all the same.
const GLOBALS: [&str; 7] = ["inf", "nan", "NoneType", "torch", "device", "fx_pytree", "pytree"];

const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

impl FxNames {
    /// A free name from a wish.
    pub(super) fn create(&mut self, wish: &str) -> String {
        let mut name = if is_identifier(wish) { wish.to_owned() } else { identifier(wish) };
        let (base, number) = split(&name);
        let base = base.to_owned();
        let mut number = match number {
            Some(number) if !self.used.contains(&name) => number,
            _ => {
                let mut last = self.last.get(&base).copied().unwrap_or(0);
                if hides_a_global(&name) {
                    last = last.saturating_add(1);
                    name = format!("{base}_{last}");
                }
                last
            }
        };
        while self.used.contains(&name) {
            number = number.saturating_add(1);
            name = format!("{base}_{number}");
        }
        self.used.insert(name.clone());
        self.last.insert(base, number);
        name
    }
}

fn hides_a_global(name: &str) -> bool {
    python::is_builtin(name) || KEYWORDS.contains(&name) || GLOBALS.contains(&name)
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(is_word)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// A text with every run of other characters replaced by `_`.
fn identifier(text: &str) -> String {
    let mut name = String::with_capacity(text.len() + 1);
    let mut replaced = false;
    for c in text.chars() {
        if is_word(c) {
            name.push(c);
        } else if !replaced {
            name.push('_');
        }
        replaced = !is_word(c);
    }
    match name.chars().next() {
        None => "_unnamed".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("_{name}"),
        Some(_) => name,
    }
}

/// A name without the number at its end, and the number.
fn split(name: &str) -> (&str, Option<u64>) {
    let digits = name.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (front, number) = name.split_at(name.len() - digits);
    match front.strip_suffix('_') {
        Some(base) if digits > 0 && !base.is_empty() => (base, number.parse().ok()),
        _ => (name, None),
    }
}

/// A text in lower case, with `_` between a lower-case and an upper-case letter.
pub(super) fn snake_case(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut previous = '_';
    for c in text.chars() {
        if previous.is_ascii_lowercase() && c.is_ascii_uppercase() {
            out.push('_');
        }
        previous = c;
        out.push(c.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_torch_fx() {
        let mut names = FxNames::default();
        for (wish, name) in [
            ("add", "add"),
            ("add", "add_1"),
            ("add_1", "add_2"),
            ("add_7", "add_7"),
            ("add", "add_8"),
            ("max", "max_1"),
            ("max", "max_2"),
            ("as_none", "as_none"),
            ("as_none", "as_none_1"),
            ("result_type.Tensor_unused", "result_type_Tensor_unused"),
            ("1x", "_1x"),
            ("_2", "_2"),
        ] {
            assert_eq!(names.create(wish), name, "{wish}");
        }
        // The names of nodes that call these functions.
        assert_eq!(names.create(&snake_case("lstm.input")), "lstm_input");
        assert_eq!(names.create(&snake_case("result_type.Tensor")), "result_type_tensor");
    }
}
