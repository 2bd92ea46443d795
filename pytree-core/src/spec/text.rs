//! A spec as torch prints it.

use super::{SpecNode, TreeSpec};
use crate::python::{Json, Str};
use crate::{Context, Factory};
use std::fmt;

/// Writes torch's `TreeSpec.__repr__`.
impl fmt::Display for TreeSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A stack of open nodes, since a spec may be too deep for recursion.
        let mut open: Vec<(Vec<SpecNode<'_>>, bool)> = Vec::new();
        start(f, self.root(), &mut open)?;
        while let Some((rest, first)) = open.last_mut() {
            match rest.pop() {
                Some(child) => {
                    let first = std::mem::replace(first, false);
                    if !first {
                        write!(f, ",\n{:1$}", "", 2 * open.len())?;
                    }
                    start(f, child, &mut open)?;
                }
                None => {
                    open.pop();
                    f.write_str("])")?;
                }
            }
        }
        Ok(())
    }
}

fn start<'s>(f: &mut fmt::Formatter<'_>, node: SpecNode<'s>, open: &mut Vec<(Vec<SpecNode<'s>>, bool)>) -> fmt::Result {
    let Some(context) = node.context() else { return f.write_str("*") };
    write!(f, "TreeSpec({}, {context}, [", context.short_name())?;
    let mut children: Vec<_> = node.children().collect();
    children.reverse();
    open.push((children, true));
    Ok(())
}

/// Writes Python's `str(context)`.
impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Context::List
            | Context::Tuple
            | Context::Size
            | Context::ImmutableList
            | Context::ReturnType(_)
            | Context::Deque { maxlen: None } => f.write_str("None"),
            Context::Deque { maxlen: Some(maxlen) } => maxlen.fmt(f),
            Context::Dict(keys) | Context::OrderedDict(keys) | Context::ImmutableDict(keys) => {
                write!(f, "[{}]", Commas(keys))
            }
            Context::DefaultDict { factory, keys } => write!(f, "[{}, [{}]]", FactoryText(factory), Commas(keys)),
            Context::NamedTuple(class) => write!(f, "<class '{}'>", class.name),
            Context::Constant { value, .. } => write!(f, "ConstantNode(value={value})"),
            Context::Dataclass { present, absent, statics, .. } => {
                write!(f, "[[{}], [{}]", Quoted(present), Quoted(absent))?;
                if let Some(statics) = statics {
                    write!(f, ", {}", Json(statics))?;
                }
                f.write_str("]")
            }
            Context::Mapping { fields, statics: None, .. } => write!(f, "[{}]", Quoted(fields)),
            Context::Mapping { fields, statics: Some(statics), .. } => {
                write!(f, "[[{}], {}]", Quoted(fields), Json(statics))
            }
            // The context of a class without a dump function is JSON inside a JSON string.
            Context::Custom { context, .. } => {
                let inner = context.as_str().and_then(|text| serde_json::from_str(text).ok());
                Json(inner.as_ref().unwrap_or(context)).fmt(f)
            }
        }
    }
}

/// The `repr` of a default factory, written as that of a class, which it nearly always is.
pub(super) struct FactoryText<'a>(pub(super) &'a Option<Factory>);

impl fmt::Display for FactoryText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("None"),
            Some(Factory { module, name }) if module == "builtins" => write!(f, "<class '{name}'>"),
            Some(Factory { module, name }) => write!(f, "<class '{module}.{name}'>"),
        }
    }
}

/// The type of a node as Python prints a class (`repr(spec.type)`).
pub(crate) fn python_class(context: Option<&Context>) -> String {
    match context {
        None => "a leaf".to_owned(),
        // Torch writes a function here, with its address.
        Some(Context::NamedTuple(_)) => "<function namedtuple>".to_owned(),
        Some(context) => format!("<class '{}'>", context.type_name().trim_start_matches("builtins.").replace(':', ".")),
    }
}

struct Commas<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for Commas<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, item) in self.0.iter().enumerate() {
            write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

struct Quoted<'a>(&'a crate::Names);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, name) in self.0.iter().enumerate() {
            write!(f, "{}{}", if i == 0 { "" } else { ", " }, Str(name))?;
        }
        Ok(())
    }
}
