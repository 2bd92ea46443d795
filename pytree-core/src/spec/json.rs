//! A spec as JSON, both ways: `treespec_dumps` and `treespec_loads`.

use super::{SpecBuilder, SpecNode, TreeSpec};
use crate::{Context, Key, Names};
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;
use std::fmt::Write;

/// The one protocol of torch's treespec JSON.
const PROTOCOL: u64 = 1;

/// How deep JSON may nest before it is refused: serde_json's own limit, below which no stack overflows.
const MAX_DEPTH: usize = 127;

/// A treespec's JSON could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeSpecError {
    /// The text is no JSON, or not of the shape `[1, {"type", "context", "children_spec"}]`.
    #[error(
        "this is no treespec: {0}; a treespec is `[1, {{\"type\": .., \"context\": .., \"children_spec\": [..]}}]`"
    )]
    Syntax(String),
    /// The JSON nests too deep.
    #[error("the treespec nests {depth} levels of JSON deep; at most {MAX_DEPTH} are read")]
    TooDeep {
        /// How deep it nests.
        depth: usize,
    },
    /// Another protocol.
    #[error("Unknown protocol {0}. Available protocols: [1]")]
    Protocol(String),
    /// The context is not what a node of this type has.
    #[error("the context of a `{type_name}` node is {found}; it should be {expected}")]
    Context {
        /// The serialized name.
        type_name: String,
        /// What such a node has.
        expected: &'static str,
        /// What was found.
        found: String,
    },
    /// Keys or names and children do not pair up.
    #[error("a `{type_name}` node has {names} names for {children} children")]
    Children {
        /// The serialized name.
        type_name: String,
        /// How many names.
        names: usize,
        /// How many children.
        children: usize,
    },
}

impl TreeSpec {
    /// The spec as the JSON text that Python's `treespec_loads` reads (`treespec_dumps`), byte for byte as Python writes it.
    pub fn to_json(&self) -> String {
        let mut out = String::with_capacity(self.num_nodes() * 64);
        out.push_str("[1, ");
        // By a stack of open nodes, since a spec may be deeper than a recursion can go.
        let mut open: Vec<(Vec<SpecNode<'_>>, bool)> = Vec::new();
        begin(&mut out, self.root(), &mut open);
        while let Some((rest, first)) = open.last_mut() {
            match rest.pop() {
                Some(child) => {
                    if !std::mem::replace(first, false) {
                        out.push_str(", ");
                    }
                    begin(&mut out, child, &mut open);
                }
                None => {
                    open.pop();
                    out.push_str("]}");
                }
            }
        }
        out.push(']');
        out
    }

    /// Reads a spec from the JSON text that Python's `treespec_dumps` writes (`treespec_loads`).
    ///
    /// Types this crate does not know are kept as data: a context that is a list with one name per child is read as a
    /// mapping, `[[present], [none]]` as a dataclass, anything else as a custom class with numbered children.
    ///
    /// # Errors
    /// [`TreeSpecError`] when the text is no treespec; nothing in it is ever run or imported.
    pub fn from_json(text: &str) -> Result<TreeSpec, TreeSpecError> {
        let depth = json_depth(text);
        if depth > MAX_DEPTH {
            return Err(TreeSpecError::TooDeep { depth });
        }
        let (protocol, root): (Value, Raw<'_>) =
            serde_json::from_str(text).map_err(|e| TreeSpecError::Syntax(e.to_string()))?;
        if protocol.as_u64() != Some(PROTOCOL) {
            return Err(TreeSpecError::Protocol(protocol.to_string()));
        }
        let mut builder = SpecBuilder::default();
        root.build(&mut builder)?;
        Ok(builder.finish())
    }
}

fn begin<'s>(out: &mut String, node: SpecNode<'s>, open: &mut Vec<(Vec<SpecNode<'s>>, bool)>) {
    let Some(context) = node.context() else {
        out.push_str(r#"{"type": null, "context": null, "children_spec": []}"#);
        return;
    };
    out.push_str(r#"{"type": "#);
    quote(out, context.type_name());
    out.push_str(r#", "context": "#);
    match context {
        Context::Custom { context, .. } => python_json(out, context),
        _ => {
            let mut inner = String::new();
            dump_context(&mut inner, context);
            quote(out, &inner);
        }
    }
    out.push_str(r#", "children_spec": ["#);
    let mut children: Vec<_> = node.children().collect();
    children.reverse();
    open.push((children, true));
}

/// The context as `json.dumps` gives it; the file holds this text as a string once more.
fn dump_context(out: &mut String, context: &Context) {
    match context {
        Context::List | Context::Tuple | Context::Custom { .. } => out.push_str("null"),
        Context::Dict(keys) => join(out, keys, |out, key| match key {
            Key::Str(s) => quote(out, s),
            Key::Int(v) => _ = write!(out, "{v}"),
            Key::Bool(v) => _ = write!(out, "{v}"),
            Key::Float(v) => float(out, *v),
            Key::None => out.push_str("null"),
        }),
        Context::Dataclass { present, absent, statics, .. } => {
            out.push('[');
            join(out, present.iter(), quote);
            out.push_str(", ");
            join(out, absent.iter(), quote);
            if let Some(statics) = statics {
                out.push_str(", ");
                python_json(out, statics);
            }
            out.push(']');
        }
        Context::Mapping { fields, statics: None, .. } => join(out, fields.iter(), quote),
        Context::Mapping { fields, statics: Some(statics), .. } => {
            out.push('[');
            join(out, fields.iter(), quote);
            out.push_str(", ");
            python_json(out, statics);
            out.push(']');
        }
    }
}

fn join<T>(out: &mut String, items: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut String, T)) {
    out.push('[');
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        write(out, item);
    }
    out.push(']');
}

/// A JSON string as `json.dumps` writes it: everything outside ASCII as `\uXXXX`.
fn quote(out: &mut String, text: &str) {
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

/// Any JSON value in the layout of `json.dumps`.
fn python_json(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => _ = write!(out, "{b}"),
        Value::Number(n) if n.is_f64() => float(out, n.as_f64().unwrap_or(f64::NAN)),
        Value::Number(n) => _ = write!(out, "{n}"),
        Value::String(s) => quote(out, s),
        Value::Array(items) => join(out, items, python_json),
        Value::Object(items) => {
            out.push('{');
            for (i, (key, item)) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                quote(out, key);
                out.push_str(": ");
                python_json(out, item);
            }
            out.push('}');
        }
    }
}

/// A node as the file has it. Other keys are ignored, as torch ignores them.
#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(rename = "type", borrow)]
    ty: Option<Cow<'a, str>>,
    context: Value,
    children_spec: Vec<Raw<'a>>,
}

impl Raw<'_> {
    /// Recurses as deep as the JSON nests, which `from_json` has bounded.
    fn build(self, builder: &mut SpecBuilder) -> Result<(), TreeSpecError> {
        let Some(name) = self.ty else {
            if self.context.is_null() && self.children_spec.is_empty() {
                builder.leaf();
                return Ok(());
            }
            return Err(wrong("null", "null, and a leaf has no children", &self.context));
        };
        let context = read_context(&name, &self.context, self.children_spec.len())?;
        builder.open(context, self.children_spec.len());
        for child in self.children_spec {
            child.build(builder)?;
        }
        builder.close();
        Ok(())
    }
}

fn wrong(type_name: &str, expected: &'static str, found: &Value) -> TreeSpecError {
    TreeSpecError::Context { type_name: type_name.to_owned(), expected, found: found.to_string() }
}

fn read_context(name: &str, context: &Value, children: usize) -> Result<Context, TreeSpecError> {
    let pairs_up = |names: usize| match names == children {
        true => Ok(()),
        false => Err(TreeSpecError::Children { type_name: name.to_owned(), names, children }),
    };
    // Builtin contexts, and most others, are JSON inside a JSON string.
    let decode = |expected| {
        let text = context.as_str().ok_or_else(|| wrong(name, expected, context))?;
        serde_json::from_str::<Value>(text).map_err(|_| wrong(name, expected, context))
    };
    match name {
        "builtins.list" | "builtins.tuple" => {
            let expected = "the text `null`";
            decode(expected)?.is_null().then_some(()).ok_or_else(|| wrong(name, expected, context))?;
            Ok(if name == "builtins.list" { Context::List } else { Context::Tuple })
        }
        "builtins.dict" => {
            let expected = "a text with a list of keys";
            let keys = match decode(expected)? {
                Value::Array(keys) => keys.into_iter().map(read_key).collect::<Option<Vec<_>>>(),
                _ => None,
            };
            let keys = keys.ok_or_else(|| wrong(name, expected, context))?;
            pairs_up(keys.len())?;
            Ok(Context::Dict(keys))
        }
        _ => {
            let decoded = context.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
            let known = decoded.and_then(|decoded| read_named(name, decoded, children));
            Ok(known.unwrap_or_else(|| Context::Custom { name: Cow::Owned(name.to_owned()), context: context.clone() }))
        }
    }
}

fn read_key(key: Value) -> Option<Key> {
    Some(match key {
        Value::String(s) => Key::from(s),
        Value::Number(n) => n.as_i64().map(Key::Int).or_else(|| n.as_f64().map(Key::Float))?,
        Value::Bool(b) => Key::Bool(b),
        Value::Null => Key::None,
        Value::Array(_) | Value::Object(_) => return None,
    })
}

/// The context of a class as this crate, torch's dataclasses or transformers' caches write it.
fn read_named(name: &str, context: Value, children: usize) -> Option<Context> {
    let Value::Array(mut parts) = context else { return None };
    let name = Cow::Owned(name.to_owned());
    let names = |value: &Value| -> Option<Names> {
        value
            .as_array()?
            .iter()
            .map(|n| n.as_str().map(|s| Cow::Owned(s.to_owned())))
            .collect::<Option<Vec<_>>>()
            .map(|names| names.into_iter().collect())
    };
    if let Some(fields) = names(&Value::Array(parts.clone())).filter(|fields| fields.len() == children) {
        return Some(Context::Mapping { name, fields, statics: None });
    }
    let first = parts.first().and_then(names).filter(|fields| fields.len() == children)?;
    match parts.len() {
        2 if parts[1].is_object() => Some(Context::Mapping { name, fields: first, statics: parts.pop() }),
        2 => Some(Context::Dataclass { name, present: first, absent: names(&parts[1])?, statics: None }),
        3 if parts[2].is_object() => {
            let statics = parts.pop();
            Some(Context::Dataclass { name, present: first, absent: names(&parts[1])?, statics })
        }
        _ => None,
    }
}

/// How deep the brackets of a JSON text nest. Strings are passed over.
fn json_depth(text: &str) -> usize {
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
