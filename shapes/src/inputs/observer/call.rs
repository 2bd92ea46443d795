//! One observed call.

use super::{Input, ObserverError};
use crate::inputs::{args_kwargs, arguments};
use crate::tensor::MakeTensor;
use indexmap::IndexMap;
use pytree_core::{Context, Flat, Key, Leaf, LeafRef, PyTree, Subtree, Value, flatten, python};
use std::fmt;

/// A number or a text: any leaf with a value that is not a tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// An `int`.
    Int(i64),
    /// A `float`.
    Float(f64),
    /// A `bool`.
    Bool(bool),
    /// A `str`.
    Str(String),
}

impl Constant {
    /// Python's `==`, which compares numbers across their types.
    pub(super) fn same(&self, other: &Constant) -> bool {
        let number = |c: &Constant| match c {
            Constant::Int(v) => Some(*v as f64),
            Constant::Float(v) => Some(*v),
            Constant::Bool(v) => Some(f64::from(u8::from(*v))),
            Constant::Str(_) => None,
        };
        self == other || matches!((number(self), number(other)), (Some(a), Some(b)) if a == b)
    }

    pub(super) fn of<F: MakeTensor>(leaf: &Leaf<F>) -> Option<Constant> {
        Some(match leaf {
            Leaf::Int(v) => Constant::Int(*v),
            Leaf::Float(v) => Constant::Float(*v),
            Leaf::Bool(v) => Constant::Bool(*v),
            Leaf::Str(v) => Constant::Str(v.clone()),
            Leaf::Tensor(_) | Leaf::None => return None,
        })
    }

    pub(super) fn to_leaf<F: MakeTensor>(&self) -> Leaf<F> {
        match self {
            Constant::Int(v) => Leaf::Int(*v),
            Constant::Float(v) => Leaf::Float(*v),
            Constant::Bool(v) => Leaf::Bool(*v),
            Constant::Str(v) => Leaf::Str(v.clone()),
        }
    }
}

/// Python's `repr`.
impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constant::Int(v) => v.fmt(f),
            Constant::Float(v) => python::Float(*v).fmt(f),
            Constant::Bool(v) => f.write_str(python::bool(*v)),
            Constant::Str(v) => python::Str(v).fmt(f),
        }
    }
}

/// The arguments of one call, copied.
pub(super) struct Call<F: MakeTensor> {
    pub(super) args: Vec<Value<F>>,
    pub(super) kwargs: IndexMap<String, Value<F>>,
    pub(super) constants: IndexMap<String, Constant>,
}

impl<F: MakeTensor> Call<F> {
    /// A copy of a set of inputs, with everything in it.
    pub(super) fn of<X: PyTree<F> + ?Sized>(inputs: &X) -> Result<Call<F>, ObserverError> {
        let Flat { leaves, spec } = flatten(inputs)?;
        let spec = args_kwargs(&spec)?;
        let names = match spec.root().children().nth(1).and_then(|kwargs| kwargs.context()) {
            Some(Context::Dict(keys)) => keys.as_slice(),
            _ => &[],
        };
        let names = names.iter().map(|key| key.text().into_owned());
        let (args, kwargs) = arguments(Subtree::of(&spec, &leaves));
        Ok(Call {
            args: args.map(copied).collect::<Result<_, _>>()?,
            kwargs: names
                .zip(kwargs.map(copied))
                .map(|(name, value)| Ok((name, value?)))
                .collect::<Result<_, ObserverError>>()?,
            constants: IndexMap::new(),
        })
    }

    /// All leaves, positional ones first.
    pub(super) fn num_leaves(&self) -> usize {
        self.args.iter().chain(self.kwargs.values()).map(|value| leaves(value).len()).sum()
    }

    /// The arguments with what they are called.
    pub(super) fn arguments(&self) -> impl Iterator<Item = (Input, &Value<F>)> {
        let args = self.args.iter().enumerate().map(|(i, value)| (Input::Position(i), value));
        args.chain(self.kwargs.iter().map(|(name, value)| (Input::Name(name.clone()), value)))
    }
}

fn copied<F: MakeTensor>(at: Subtree<'_, LeafRef<'_, F>>) -> Result<Value<F>, ObserverError> {
    if let Some(context) = at.node().context() {
        let items = at.children().map(copied).collect::<Result<_, _>>()?;
        return Ok(Value::Node(context.clone(), items));
    }
    Ok(Value::Leaf(match at.leaf() {
        Some(LeafRef::Tensor(tensor)) => Leaf::Tensor(F::copied(tensor)?),
        Some(LeafRef::Int(v)) => Leaf::Int(*v),
        Some(LeafRef::Float(v)) => Leaf::Float(*v),
        Some(LeafRef::Bool(v)) => Leaf::Bool(*v),
        Some(LeafRef::Str(v)) => Leaf::Str((*v).to_owned()),
        Some(LeafRef::None) | None => Leaf::None,
    }))
}

/// Another copy of a value.
pub(super) fn copy<F: MakeTensor>(value: &Value<F>) -> Result<Value<F>, ObserverError> {
    let flat = flatten(value)?;
    copied(flat.root())
}

/// The leaves of a value.
pub(super) fn leaves<F: MakeTensor>(value: &Value<F>) -> Vec<&Leaf<F>> {
    match value {
        Value::Leaf(leaf) => vec![leaf],
        Value::Node(_, items) => items.iter().flat_map(leaves).collect(),
    }
}

/// The value with other leaves, in order.
pub(super) fn with_leaves<F: MakeTensor>(value: &Value<F>, new: &mut dyn Iterator<Item = Leaf<F>>) -> Value<F> {
    match value {
        Value::Leaf(_) => Value::Leaf(new.next().unwrap_or(Leaf::None)),
        Value::Node(context, items) => {
            Value::Node(context.clone(), items.iter().map(|item| with_leaves(item, new)).collect())
        }
    }
}

/// A named value, for a dict.
pub(super) fn entry<F: MakeTensor>((name, value): (String, Value<F>)) -> (Key, Value<F>) {
    (Key::from(name), value)
}
