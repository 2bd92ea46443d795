//! The comments above statements.

use crate::graph::{Frame, Node};
use pytree_core::python;
use serde_json::Value;
use std::fmt::Write;

/// A longer value of an annotation is cut.
const SHOWN: usize = 40;

/// The comment above a statement, behind its `#`: its annotations and its source line.
pub(super) fn summary(node: &Node) -> String {
    let mut text = String::new();
    if let Some(custom) = node.metadata.get("custom") {
        annotation(custom, &mut text);
    }
    // Writing to a String cannot fail.
    let _ = match node.frame.as_deref() {
        Some(Frame { file, line, function, code }) => write!(text, " File: {file}:{line} in {function}, code: {code}"),
        None => write!(text, " No stacktrace found for following nodes"),
    };
    text
}

/// The custom metadata of a node, if there is any: ` Annotation: {'k': 1}`.
fn annotation(json: &str, out: &mut String) {
    let Ok(Value::Object(entries)) = serde_json::from_str(json) else { return };
    if entries.is_empty() {
        return;
    }
    out.push_str(" Annotation: {");
    for (i, (key, value)) in entries.iter().enumerate() {
        let _ = write!(out, "{}{}: ", if i == 0 { "" } else { ", " }, python::Str(key));
        // Python's `str` of a text is the text itself, and that of other values their `repr`.
        let mut shown = String::new();
        match value {
            Value::String(text) => shown.push_str(text),
            value => repr(value, &mut shown),
        }
        if shown.chars().count() > SHOWN {
            let cut: String = shown.chars().take(SHOWN).chain("...".chars()).collect();
            let _ = write!(out, "{}", python::Str(&cut));
        } else {
            repr(value, out);
        }
    }
    out.push('}');
}

/// Python's `repr` of a value that was read from JSON.
fn repr(value: &Value, out: &mut String) {
    let _ = match value {
        Value::Null => write!(out, "None"),
        Value::Bool(value) => write!(out, "{}", python::bool(*value)),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => write!(out, "{}", python::Float(float)),
            _ => write!(out, "{number}"),
        },
        Value::String(text) => write!(out, "{}", python::Str(text)),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " });
                repr(item, out);
            }
            write!(out, "]")
        }
        Value::Object(entries) => {
            out.push('{');
            for (i, (key, item)) in entries.iter().enumerate() {
                let _ = write!(out, "{}{}: ", if i == 0 { "" } else { ", " }, python::Str(key));
                repr(item, out);
            }
            write!(out, "}}")
        }
    };
}
