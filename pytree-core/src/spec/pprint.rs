//! A spec printed as its tree, with `*` for the leaves: `treespec_pprint`.

use super::{SpecNode, TreeSpec, text::FactoryText};
use crate::{Context, KeyEntry};
use std::fmt::Write;

impl TreeSpec {
    /// The `repr` of a tree of this structure with `*` for every leaf (`treespec_pprint`).
    ///
    /// Containers are written as Python 3.11 writes them. A class is written like a dataclass, with its fields; Python
    /// would call the class itself.
    ///
    /// ```
    /// use pytree_core::{Meta, structure};
    /// let spec = structure::<Meta, _>(&(vec![1_i64, 2], (3_i64,)))?;
    /// assert_eq!(spec.pprint(), "([*, *], (*,))");
    /// # Ok::<(), pytree_core::TreeError>(())
    /// ```
    pub fn pprint(&self) -> String {
        let mut out = String::new();
        // A stack of open nodes, since a spec may be too deep for recursion.
        let mut open: Vec<Open<'_>> = Vec::new();
        begin(&mut out, self.root(), &mut open);
        while let Some(last) = open.last_mut() {
            match last.rest.pop() {
                Some(child) => {
                    let position = last.next;
                    last.next += 1;
                    separate(&mut out, last.node, position);
                    begin(&mut out, child, &mut open);
                }
                None => {
                    let node = last.node;
                    open.pop();
                    end(&mut out, node);
                }
            }
        }
        out
    }
}

struct Open<'s> {
    node: SpecNode<'s>,
    rest: Vec<SpecNode<'s>>,
    next: usize,
}

fn begin<'s>(out: &mut String, node: SpecNode<'s>, open: &mut Vec<Open<'s>>) {
    let Some(context) = node.context() else {
        out.push('*');
        return;
    };
    // Writing to a String cannot fail.
    _ = match context {
        Context::List | Context::ImmutableList => write!(out, "["),
        Context::Tuple | Context::Size => write!(out, "("),
        Context::Dict(_) | Context::ImmutableDict(_) => write!(out, "{{"),
        Context::OrderedDict(keys) if keys.is_empty() => write!(out, "OrderedDict("),
        Context::OrderedDict(_) => write!(out, "OrderedDict(["),
        Context::DefaultDict { factory, .. } => write!(out, "defaultdict({}, {{", FactoryText(factory)),
        Context::Deque { .. } => write!(out, "deque(["),
        Context::NamedTuple(class) => write!(out, "{}(", class.name.rsplit(['.', ':']).next().unwrap_or(&class.name)),
        Context::Constant { value, .. } => write!(out, "{value}"),
        Context::ReturnType(_) => write!(out, "{}(", context.type_name()),
        Context::Dataclass { .. } | Context::Mapping { .. } | Context::Custom { .. } => {
            write!(out, "{}(", context.short_name())
        }
    };
    let mut rest: Vec<_> = node.children().collect();
    rest.reverse();
    open.push(Open { node, rest, next: 0 });
}

/// Writes what precedes child `position`.
fn separate(out: &mut String, node: SpecNode<'_>, position: usize) {
    if position > 0 {
        out.push_str(match node.context() {
            Some(Context::OrderedDict(_)) => "), ",
            _ => ", ",
        });
    }
    let entry = node.entry(position);
    _ = match (node.context(), entry) {
        (Some(Context::OrderedDict(_)), KeyEntry::Mapping(key)) => write!(out, "({key}, "),
        (Some(Context::Mapping { .. }), KeyEntry::Mapping(key)) => write!(out, "{}=", key.text()),
        (_, KeyEntry::Mapping(key)) => write!(out, "{key}: "),
        (_, KeyEntry::GetAttr(name)) => write!(out, "{name}="),
        (_, KeyEntry::Sequence(_)) => Ok(()),
    };
}

fn end(out: &mut String, node: SpecNode<'_>) {
    let Some(context) = node.context() else { return };
    _ = match context {
        Context::List | Context::ImmutableList => write!(out, "]"),
        Context::Tuple | Context::Size if node.arity() == 1 => write!(out, ",)"),
        Context::Tuple
        | Context::Size
        | Context::NamedTuple(_)
        | Context::Mapping { .. }
        | Context::Custom { .. }
        | Context::ReturnType(_) => write!(out, ")"),
        Context::Dict(_) | Context::ImmutableDict(_) => write!(out, "}}"),
        Context::OrderedDict(keys) if keys.is_empty() => write!(out, ")"),
        Context::OrderedDict(_) => write!(out, ")])"),
        Context::DefaultDict { .. } => write!(out, "}})"),
        Context::Deque { maxlen: None } => write!(out, "])"),
        Context::Deque { maxlen: Some(maxlen) } => write!(out, "], maxlen={maxlen})"),
        Context::Dataclass { absent, .. } => {
            for (i, name) in absent.iter().enumerate() {
                let comma = if i == 0 && node.arity() == 0 { "" } else { ", " };
                _ = write!(out, "{comma}{name}=None");
            }
            write!(out, ")")
        }
        Context::Constant { .. } => Ok(()),
    };
}
