//! JSON as Python's `json` module writes it, and the reading of its lists of keys.

use crate::{EnumKey, Key};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt::Write;

/// A JSON value as Python's `json.dumps` writes it.
pub(crate) fn text(value: &Value) -> String {
    let mut text = String::new();
    self::value(&mut text, value);
    text
}

/// Writes a list with Python's separators.
pub(super) fn list<T>(out: &mut String, items: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut String, T)) {
    out.push('[');
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        write(out, item);
    }
    out.push(']');
}

/// Writes a JSON string as `json.dumps` does: everything outside ASCII as `\uXXXX`.
pub(super) fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

fn float(out: &mut String, v: f64) {
    match v {
        v if v.is_nan() => out.push_str("NaN"),
        f64::INFINITY => out.push_str("Infinity"),
        f64::NEG_INFINITY => out.push_str("-Infinity"),
        v => _ = write!(out, "{}", crate::python::Float(v)),
    }
}

/// Writes any JSON value in the layout of `json.dumps`.
pub(super) fn value(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => _ = write!(out, "{b}"),
        Value::Number(n) if n.is_f64() => float(out, n.as_f64().unwrap_or(f64::NAN)),
        Value::Number(n) => _ = write!(out, "{n}"),
        Value::String(s) => string(out, s),
        Value::Array(items) => list(out, items, self::value),
        Value::Object(items) => {
            out.push('{');
            for (i, (key, item)) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                string(out, key);
                out.push_str(": ");
                self::value(out, item);
            }
            out.push('}');
        }
    }
}

/// Writes the keys of a dict.
pub(super) fn keys(out: &mut String, keys: &[Key]) {
    list(out, keys, |out, key| match key {
        Key::Str(s) => string(out, s),
        Key::Int(v) => _ = write!(out, "{v}"),
        Key::Bool(v) => _ = write!(out, "{v}"),
        Key::Float(v) => float(out, *v),
        Key::None => out.push_str("null"),
        Key::Enum(member) => {
            out.push_str(r#"{"__enum__": true, "fqn": "#);
            string(out, &member.fqn);
            out.push_str(r#", "name": "#);
            string(out, &member.name);
            out.push('}');
        }
    });
}

/// The member that holds a float which is not valid JSON: see [`without_bare_floats`].
const FLOAT: &str = "__float__";

/// The same JSON with `NaN` and `Infinity`, which Python writes bare, as objects; `None` if it has neither.
pub(super) fn without_bare_floats(text: &str) -> Option<String> {
    // Most texts have neither letter, and searching for one byte is fast.
    if !b"NI".iter().any(|letter| text.as_bytes().contains(letter)) {
        return None;
    }
    let (mut out, mut in_string, mut escaped, mut from) = (String::new(), false, false, 0);
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'N' | b'I' if !in_string && i >= from => {
                let word = ["NaN", "Infinity"].into_iter().find(|word| text[i..].starts_with(word))?;
                let minus = if text[from..i].ends_with('-') { "-" } else { "" };
                _ = write!(out, r#"{}{{"{FLOAT}": "{minus}{word}"}}"#, &text[from..i - minus.len()]);
                from = i + word.len();
            }
            _ => {}
        }
    }
    out.push_str(text.get(from..)?);
    (from > 0).then_some(out)
}

/// Whether a value holds an object made by [`without_bare_floats`], at any depth.
pub(super) fn has_bare_float(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.contains_key(FLOAT) || members.values().any(has_bare_float),
        Value::Array(items) => items.iter().any(has_bare_float),
        _ => false,
    }
}

/// Reads a list of keys, item by item, because Python writes floats and large ints that a JSON reader does not accept.
/// The error is the text that is not a key.
pub(super) fn read_keys(text: &str) -> Result<Vec<Key>, String> {
    let no_list = || text.to_owned();
    let inner = text.trim().strip_prefix('[').and_then(|t| t.strip_suffix(']')).ok_or_else(no_list)?;
    let mut keys = Vec::new();
    let mut rest = inner.trim();
    while !rest.is_empty() {
        let (item, after) = first_item(rest);
        keys.push(read_key(item.trim()).ok_or_else(|| item.trim().to_owned())?);
        rest = after.trim_start();
        // After a comma there has to be another item.
        if let Some(after) = rest.strip_prefix(',') {
            rest = after.trim_start();
            if rest.is_empty() {
                return Err(no_list());
            }
        }
    }
    Ok(keys)
}

/// Splits a text before its first comma outside strings and brackets.
fn first_item(text: &str) -> (&str, &str) {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => return text.split_at(i),
            _ => {}
        }
    }
    (text, "")
}

fn read_key(text: &str) -> Option<Key> {
    Some(match text {
        "null" => Key::None,
        "true" => Key::Bool(true),
        "false" => Key::Bool(false),
        "NaN" => Key::Float(f64::NAN),
        "Infinity" => Key::Float(f64::INFINITY),
        "-Infinity" => Key::Float(f64::NEG_INFINITY),
        _ => match serde_json::from_str::<Value>(text).ok()? {
            Value::String(s) => Key::from(s),
            // An int beyond 64 bits is read as a float, which would be another key.
            Value::Number(n) if text.contains(['.', 'e', 'E']) => Key::Float(n.as_f64()?),
            Value::Number(n) => Key::Int(n.as_i64()?),
            Value::Object(member) if member.len() == 1 && member.contains_key(FLOAT) => {
                Key::Float(member[FLOAT].as_str()?.parse().ok()?)
            }
            Value::Object(member) if member.get("__enum__").is_some() => {
                let part = |name| member.get(name).and_then(Value::as_str).map(|s| Cow::Owned(s.to_owned()));
                Key::Enum(EnumKey { fqn: part("fqn")?, name: part("name")?, value: None })
            }
            _ => return None,
        },
    })
}

/// How deep the brackets of a JSON text are nested. Strings are skipped.
pub(super) fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
