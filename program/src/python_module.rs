//! The Python registrations that a file with custom nodes needs before it can be loaded.

use crate::ExportedProgram;
use pytree_core::python::Str;
use pytree_core::{Context, Kind, SpecNode, TreeSpec};
use std::fmt::Write;

/// A custom node type of a spec, one per serialized name.
struct Class {
    kind: Kind,
    name: String,
    /// All fields that some value has, in order.
    fields: Vec<String>,
    /// The names of static fields.
    statics: Vec<String>,
}

impl ExportedProgram {
    /// The text of a Python module that makes the file of this program loadable. For every custom node of the inputs and
    /// outputs it contains a class that is registered under the serialized name. It is empty if there are no custom nodes.
    ///
    /// Python does not open a file with a node type that is not registered (`Deserializing .. in pytree is not
    /// registered.`). Import the module first, or register other classes under the same names
    /// (`torch.utils._pytree.register_pytree_node`).
    pub fn python_module(&self) -> String {
        let mut classes = Vec::new();
        for spec in [&self.in_spec, &self.out_spec] {
            collect(spec, &mut classes);
        }
        if classes.is_empty() {
            return String::new();
        }
        let mut out = String::from(HEADER);
        let mut used: Vec<String> = Vec::new();
        for class in &classes {
            let base = identifier(&class.name);
            // The second class of a name (in another module) gets a number.
            let numbered = (2..).map(|k| format!("{base}_{k}"));
            let mut free = std::iter::once(base.clone()).chain(numbered).filter(|id| !used.contains(id));
            let id = free.next().unwrap_or_default();
            write_class(&mut out, class, &id);
            used.push(id);
        }
        out
    }
}

fn collect(spec: &TreeSpec, classes: &mut Vec<Class>) {
    let mut open = vec![spec.root()];
    while let Some(node) = open.pop() {
        if let Some(class) = class_of(node) {
            match classes.iter_mut().find(|c| c.name == class.name) {
                Some(known) => merge(known, class),
                None => classes.push(class),
            }
        }
        let from = open.len();
        open.extend(node.children());
        open[from..].reverse();
    }
}

fn class_of(node: SpecNode<'_>) -> Option<Class> {
    let context = node.context()?;
    let keys = |statics: &Option<serde_json::Value>| {
        statics.iter().filter_map(|s| s.as_object()).flat_map(|s| s.keys().cloned()).collect()
    };
    let owned = |names: &pytree_core::Names| names.iter().map(str::to_owned).collect::<Vec<_>>();
    let (fields, statics) = match context {
        Context::Dataclass { present, absent, statics, .. } => {
            ([owned(present), owned(absent)].concat(), keys(statics))
        }
        Context::Mapping { fields, statics, .. } => (owned(fields), keys(statics)),
        Context::Custom { .. } => (Vec::new(), Vec::new()),
        _ => return None,
    };
    Some(Class { kind: context.kind(), name: context.type_name().to_owned(), fields, statics })
}

fn merge(known: &mut Class, class: Class) {
    for field in class.fields {
        if !known.fields.contains(&field) {
            known.fields.push(field);
        }
    }
}

const HEADER: &str = r#""""Classes and pytree registrations for a program exported from Rust.

Import this module before torch.export.load opens the file.
"""

import torch
from torch.utils import _pytree


def _register(cls, name, **functions):
    """Registers `cls` under `name`, unless another module has taken the name: then that class is used."""
    if name not in _pytree.SERIALIZED_TYPE_TO_PYTHON_TYPE:
        _pytree.register_pytree_node(cls, serialized_type_name=name, **functions)
        # What the exported module flattens its inputs with.
        torch.fx._pytree.register_pytree_flatten_spec(cls, lambda value, spec: functions["flatten_fn"](value)[0])
"#;

/// A Python identifier for the class: the last part of its serialized name.
fn identifier(name: &str) -> String {
    let last = name.rsplit(['.', ':']).next().unwrap_or(name);
    let mut text: String = last.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if !text.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        text.insert(0, '_');
    }
    text
}

fn list(names: &[String]) -> String {
    format!("[{}]", names.iter().map(|n| Str(n).to_string()).collect::<Vec<_>>().join(", "))
}

fn write_class(out: &mut String, class: &Class, id: &str) {
    let (fields, statics, name) = (list(&class.fields), list(&class.statics), Str(&class.name));
    // Writing to a String cannot fail.
    let _ = match class.kind {
        Kind::Dataclass => write!(
            out,
            r#"

class {id}:
    """A dataclass node: fields that are None are dropped and remembered."""

    _fields = {fields}
    _statics = {statics}

    def __init__(self, **values):
        for field in self._fields + self._statics:
            setattr(self, field, values.get(field))


def _flatten_{id}(value):
    present = [f for f in {id}._fields if getattr(value, f, None) is not None]
    absent = [f for f in {id}._fields if getattr(value, f, None) is None]
    context = [present, absent]
    if {id}._statics:
        context.append({{f: getattr(value, f, None) for f in {id}._statics}})
    return [getattr(value, f) for f in present], context


def _flatten_with_keys_{id}(value):
    children, context = _flatten_{id}(value)
    return [(_pytree.GetAttrKey(f), c) for f, c in zip(context[0], children)], context


def _unflatten_{id}(children, context):
    return {id}(**dict(zip(context[0], children)), **(context[2] if len(context) > 2 else {{}}))


_register(
    {id},
    {name},
    flatten_fn=_flatten_{id},
    unflatten_fn=_unflatten_{id},
    flatten_with_keys_fn=_flatten_with_keys_{id},
)
"#
        ),
        Kind::Mapping => write!(
            out,
            r#"

class {id}:
    """A node whose children are known by name."""

    _fields = {fields}
    _statics = {statics}

    def __init__(self, **values):
        for field, value in values.items():
            setattr(self, field, value)


def _flatten_{id}(value):
    names = [f for f in {id}._fields if hasattr(value, f)]
    context = names
    if {id}._statics:
        context = [names, {{f: getattr(value, f, None) for f in {id}._statics}}]
    return [getattr(value, f) for f in names], context


def _names_{id}(context):
    return context[0] if {id}._statics else context


def _flatten_with_keys_{id}(value):
    children, context = _flatten_{id}(value)
    return [(_pytree.MappingKey(f), c) for f, c in zip(_names_{id}(context), children)], context


def _unflatten_{id}(children, context):
    statics = context[1] if {id}._statics else {{}}
    return {id}(**dict(zip(_names_{id}(context), children)), **statics)


_register(
    {id},
    {name},
    flatten_fn=_flatten_{id},
    unflatten_fn=_unflatten_{id},
    flatten_with_keys_fn=_flatten_with_keys_{id},
)
"#
        ),
        _ => write!(
            out,
            r#"

class {id}:
    """A node with numbered children; the context is kept as it is."""

    def __init__(self, children, context):
        self.children, self.context = list(children), context


_register(
    {id},
    {name},
    flatten_fn=lambda value: (value.children, value.context),
    unflatten_fn=lambda children, context: {id}(children, context),
    to_dumpable_context=lambda context: context,
    from_dumpable_context=lambda context: context,
    flatten_with_keys_fn=lambda value: (
        [(_pytree.SequenceKey(i), c) for i, c in enumerate(value.children)],
        value.context,
    ),
)
"#
        ),
    };
}
