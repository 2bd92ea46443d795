//! The Python text of classes and their registrations.

use super::class::{Class, ClassValue};
use pytree_core::Kind;
use pytree_core::python::{Json, Str};
use std::fmt::{Display, Write};

pub(super) const HEADER: &str = r#""""Classes and pytree registrations for a program exported from Rust.

Import this module before torch.export.load opens the file.
"""

import collections

import torch
from torch.utils import _pytree


def _register(cls, name, **functions):
    """Registers `cls` under `name`, unless another module has taken the name: then that class is used."""
    if name not in _pytree.SERIALIZED_TYPE_TO_PYTHON_TYPE:
        _pytree.register_pytree_node(cls, serialized_type_name=name, **functions)
        # What the exported module flattens its inputs with.
        torch.fx._pytree.register_pytree_flatten_spec(cls, lambda value, spec: functions["flatten_fn"](value)[0])


def _statics(value):
    """The static fields of a value, which its context holds by name."""
    return value._rest[0] if value._rest and isinstance(value._rest[0], dict) else {}


def _rest(value):
    """What the context of a value holds besides the names: nothing, or one thing."""
    statics = _statics(value)
    if not statics:
        return value._rest
    return ({field: getattr(value, field, default) for field, default in statics.items()},)


def _set(value, values, rest):
    """Gives a value its fields, and the rest of its context if it is not that of the class."""
    if rest is not None:
        value._rest = tuple(rest)
    for field, content in {**_statics(value), **values}.items():
        setattr(value, field, content)
"#;

/// Writes a class and its registration.
pub(super) fn write(out: &mut String, class: &Class, id: &str) {
    // Writing to a String cannot fail.
    let _ = match class.kind {
        Kind::Dataclass => write_dataclass(out, class, id),
        Kind::Mapping => write_mapping(out, class, id),
        Kind::NamedTuple => write_namedtuple(out, class, id),
        _ => write_custom(out, class, id),
    };
}

fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    format!("[{}]", items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", "))
}

fn names<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    list(names.into_iter().map(Str))
}

/// The rest of a context as a tuple: `()` or `([None, 8],)`.
fn rest(class: &Class) -> String {
    class.rest().map_or_else(|| "()".to_owned(), |rest| format!("({},)", Json(rest)))
}

fn write_dataclass(out: &mut String, class: &Class, id: &str) -> std::fmt::Result {
    let (fields, rest, name) = (names(class.fields()), rest(class), Str(&class.name));
    write!(
        out,
        r#"

class {id}:
    """A dataclass node: fields that are None are dropped and remembered."""

    _fields = {fields}
    _rest = {rest}

    def __init__(self, _rest=None, **values):
        _set(self, {{**dict.fromkeys(self._fields), **values}}, _rest)


def _flatten_{id}(value):
    present = [f for f in {id}._fields if getattr(value, f, None) is not None]
    absent = [f for f in {id}._fields if getattr(value, f, None) is None]
    return [getattr(value, f) for f in present], [present, absent, *_rest(value)]


def _flatten_with_keys_{id}(value):
    children, context = _flatten_{id}(value)
    return [(_pytree.GetAttrKey(f), c) for f, c in zip(context[0], children)], context


def _unflatten_{id}(children, context):
    return {id}(_rest=context[2:], **dict(zip(context[0], children)))


_register(
    {id},
    {name},
    flatten_fn=_flatten_{id},
    unflatten_fn=_unflatten_{id},
    flatten_with_keys_fn=_flatten_with_keys_{id},
)
"#
    )
}

fn write_mapping(out: &mut String, class: &Class, id: &str) -> std::fmt::Result {
    let mut layouts: Vec<&Vec<String>> = Vec::new();
    for ClassValue { names, .. } in &class.values {
        if !layouts.contains(&names) {
            layouts.push(names);
        }
    }
    let layouts = list(layouts.iter().map(|layout| names(layout.iter().map(String::as_str))));
    let (rest, name) = (rest(class), Str(&class.name));
    write!(
        out,
        r#"

class {id}:
    """A node whose children are known by name."""

    # The names of each kind of value in the program, in order.
    _layouts = {layouts}
    _rest = {rest}

    def __init__(self, _rest=None, **values):
        _set(self, values, _rest)


def _flatten_{id}(value):
    own = [f for f in vars(value) if f != "_rest" and f not in _statics(value)]
    # The order of the program is that of the names, not the one in which they were given.
    same = [names for names in {id}._layouts if sorted(names) == sorted(own)]
    names = own if own in same else next(iter(same), own)
    rest = _rest(value)
    return [getattr(value, f) for f in names], [list(names), *rest] if rest else list(names)


def _names_{id}(context):
    return context[0] if context and isinstance(context[0], list) else context


def _flatten_with_keys_{id}(value):
    children, context = _flatten_{id}(value)
    return [(_pytree.MappingKey(f), c) for f, c in zip(_names_{id}(context), children)], context


def _unflatten_{id}(children, context):
    names = _names_{id}(context)
    return {id}(_rest=() if names is context else context[1:], **dict(zip(names, children)))


_register(
    {id},
    {name},
    flatten_fn=_flatten_{id},
    unflatten_fn=_unflatten_{id},
    flatten_with_keys_fn=_flatten_with_keys_{id},
)
"#
    )
}

fn write_namedtuple(out: &mut String, class: &Class, id: &str) -> std::fmt::Result {
    let fields = class.values.first().map(|value| value.names.iter().map(String::as_str));
    let (fields, name) = (names(fields.into_iter().flatten()), Str(&class.name));
    write!(
        out,
        r#"

{id} = collections.namedtuple({}, {fields})

if {name} not in _pytree.SERIALIZED_TYPE_TO_PYTHON_TYPE:
    _pytree._register_namedtuple({id}, serialized_type_name={name})
"#,
        Str(id)
    )
}

fn write_custom(out: &mut String, class: &Class, id: &str) -> std::fmt::Result {
    let context = class.rest().map_or_else(|| "None".to_owned(), |context| Json(context).to_string());
    let name = Str(&class.name);
    write!(
        out,
        r#"

class {id}:
    """A node with numbered children; the context is kept as it is."""

    _context = {context}

    def __init__(self, children, context=_context):
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
    )
}
