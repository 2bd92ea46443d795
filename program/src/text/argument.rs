//! Arguments and plain values, as Python's `repr` shows them.

use super::body::Body;
use crate::graph::{Argument, Sym};
use pytree_core::{Device, LeafRef, Plain, python};
use std::fmt::{self, Display};

/// An argument as a statement shows it.
pub(super) struct ArgumentText<'a>(pub(super) &'a Body<'a>, pub(super) &'a Argument);

impl Display for ArgumentText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

impl ArgumentText<'_> {
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ArgumentText(body, argument) = self;
        let (float, truth) = (|v: &f64| python::Float(*v), |v: &bool| python::bool(*v));
        let name = |id| body.name(id);
        match argument {
            Argument::None => f.write_str("None"),
            Argument::Tensor(id) | Argument::CustomObject(id) => f.write_str(name(*id)),
            Argument::Tensors(ids) => list(f, ids.iter().map(|id| name(*id))),
            Argument::OptionalTensors(ids) => list(f, ids.iter().map(|id| id.map_or("None", name))),
            Argument::NestedTensors(lists) => nested(f, lists, |f, ids| list(f, ids.iter().map(|id| name(*id)))),
            Argument::Int(v) => body.sym(v, |v| v).fmt(f),
            Argument::Ints(items) => list(f, items.iter().map(|v| body.sym(v, |v| v))),
            // PyTorch makes tuples of these.
            Argument::IntLists(lists) => nested(f, lists, tuple),
            Argument::Float(v) => body.sym(v, float).fmt(f),
            Argument::Floats(items) => list(f, items.iter().map(|v| body.sym(v, float))),
            Argument::FloatLists(lists) => {
                nested(f, lists, |f, items| list(f, items.iter().map(|v| python::Float(*v))))
            }
            Argument::Bool(v) => body.sym(v, truth).fmt(f),
            Argument::Bools(items) => list(f, items.iter().map(|v| body.sym(v, truth))),
            Argument::Str(v) => python::Str(v).fmt(f),
            Argument::Strs(items) => list(f, items.iter().map(|v| python::Str(v))),
            Argument::Dict(entries) => {
                f.write_str("{")?;
                for (i, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{}: ", if i == 0 { "" } else { ", " }, python::Str(key))?;
                    ArgumentText(body, value).write(f)?;
                }
                f.write_str("}")
            }
            Argument::DType(v) => write!(f, "torch.{v}"),
            Argument::Layout(v) => write!(f, "torch.{v}"),
            Argument::MemoryFormat(v) => write!(f, "torch.{v}"),
            Argument::Device(v) => device(f, *v),
            Argument::Complex(re, im) => complex(f, *re, *im),
            Argument::Operator(target) => target.fmt(f),
            Argument::Graph { name, .. } => f.write_str(name),
        }
    }
}

impl Body<'_> {
    /// A value shown by `show`, or the name of the node that computes it.
    fn sym<'a, T, D: Display + 'a>(&'a self, sym: &'a Sym<T>, show: impl Fn(&'a T) -> D) -> SymText<'a, D> {
        match sym {
            Sym::Value(value) => SymText::Value(show(value)),
            Sym::Node(id) => SymText::Node(self.name(*id)),
        }
    }
}

/// A list of lists.
fn nested<T>(
    f: &mut fmt::Formatter<'_>,
    lists: &[Vec<T>],
    show: impl Fn(&mut fmt::Formatter<'_>, &[T]) -> fmt::Result,
) -> fmt::Result {
    f.write_str("[")?;
    for (i, items) in lists.iter().enumerate() {
        f.write_str(if i == 0 { "" } else { ", " })?;
        show(f, items)?;
    }
    f.write_str("]")
}

/// A tuple, with a comma behind a single item.
fn tuple(f: &mut fmt::Formatter<'_>, items: &[i64]) -> fmt::Result {
    f.write_str("(")?;
    for (i, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
    }
    f.write_str(if items.len() == 1 { ",)" } else { ")" })
}

/// A number: a value, or the name of the node that computes it.
enum SymText<'a, D> {
    Value(D),
    Node(&'a str),
}

impl<D: Display> Display for SymText<'_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SymText::Value(value) => value.fmt(f),
            SymText::Node(name) => f.write_str(name),
        }
    }
}

/// Python's `repr` of a plain value.
pub(super) fn literal_text(f: &mut fmt::Formatter<'_>, literal: Plain<'_>) -> fmt::Result {
    match literal {
        LeafRef::Int(v) => v.fmt(f),
        LeafRef::Float(v) => python::Float(v).fmt(f),
        LeafRef::Bool(v) => f.write_str(python::bool(v)),
        LeafRef::Str(v) => python::Str(v).fmt(f),
        LeafRef::None => f.write_str("None"),
        LeafRef::Tensor(never) => match *never {},
    }
}

fn list<T: Display>(f: &mut fmt::Formatter<'_>, items: impl Iterator<Item = T>) -> fmt::Result {
    f.write_str("[")?;
    for (i, item) in items.enumerate() {
        write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
    }
    f.write_str("]")
}

fn device(f: &mut fmt::Formatter<'_>, device: Device) -> fmt::Result {
    match device.parts() {
        (kind, None) => write!(f, "device(type='{kind}')"),
        (kind, Some(index)) => write!(f, "device(type='{kind}', index={index})"),
    }
}

/// Python's `repr` of a complex number: `(1+2j)`, or `2j` without a real part. Whole parts have no `.0`.
fn complex(f: &mut fmt::Formatter<'_>, re: f64, im: f64) -> fmt::Result {
    let part = |v: f64| {
        let text = python::Float(v).to_string();
        text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
    };
    let imaginary = part(im);
    if re == 0.0 && re.is_sign_positive() {
        return write!(f, "{imaginary}j");
    }
    let sign = if imaginary.starts_with('-') { "" } else { "+" };
    write!(f, "({}{sign}{imaginary}j)", part(re))
}
