//! The inputs as they are given, leaf by leaf, and the dimensions they have.

use pytree_core::{DType, TensorType};
use symbolic::{Expr, ValueRange};

use crate::spec::ShapeSpec;
use crate::spec::dim::DimSpec;

/// What one leaf of the example inputs is.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum InputValue {
    /// A tensor. Its element type and device have no influence on sizes.
    Tensor(TensorType),
    /// An int.
    Int(i64),
    /// Anything else is a constant.
    Other {
        /// Python's class, for messages: `<class 'float'>`.
        class: String,
    },
}

impl InputValue {
    /// A contiguous tensor of floats.
    pub fn tensor(sizes: impl Into<Vec<i64>>) -> InputValue {
        InputValue::Tensor(TensorType::contiguous(DType::Float32, sizes.into()))
    }

    /// The tensor, when it is one.
    pub fn as_tensor(&self) -> Option<&TensorType> {
        match self {
            InputValue::Tensor(tensor) => Some(tensor),
            _ => None,
        }
    }
}

/// One leaf of the flattened `(args, kwargs)`, with what the spec says about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InputLeaf {
    /// Where torch reads it, the text whose hash numbers its symbols: `L['x'][0]`.
    pub source: String,
    /// Key path from the bound parameter, for messages: `['x'][0]`.
    pub path: String,
    /// The name of its placeholder, `x_0`. Every leaf has a name of its own; the caller sees to it.
    pub name: String,
    /// What it is.
    pub value: InputValue,
    /// What the spec says.
    pub spec: ShapeSpec,
}

/// One dimension (or int) of an input while the program runs.
#[derive(Clone, Debug)]
pub(super) struct InputDim {
    /// `L['x'].size()[0]`; for an int the bare source.
    pub(super) source: String,
    pub(super) leaf: usize,
    /// `None` for an int input.
    pub(super) index: Option<usize>,
    pub(super) value: i64,
    pub(super) spec: DimSpec,
    /// The user's range, for named and derived dims.
    pub(super) user: Option<ValueRange>,
    /// As created: a symbol or a literal.
    pub(super) expr: Expr,
}

/// The dims of one leaf: they stand together, in the order of the leaves.
pub(super) fn dims_of(dims: &[InputDim], leaf: usize) -> &[InputDim] {
    let (from, to) = (dims.partition_point(|d| d.leaf < leaf), dims.partition_point(|d| d.leaf <= leaf));
    &dims[from..to]
}
