//! What a node gives.

use pytree_core::{Leaf, NoTensors, TensorType};
use symbolic::{Expr, Rel};

/// What a node gives.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum NodeValue {
    /// A tensor. Sizes, strides and offset are expressions of the program's symbols.
    Tensor(TensorType<Expr>),
    /// An integer.
    Int(Expr),
    /// A float.
    Float(Expr),
    /// A bool.
    Bool(Rel),
    /// Several results, taken apart by items: how many, and whether they are a list (`Tensor[]`) or a tuple.
    Several {
        /// How many.
        count: usize,
        /// Whether the op's schema calls them a list.
        list: bool,
    },
    /// A plain value that an input was given.
    Literal(Literal),
    /// Nothing.
    Nothing,
}

/// A leaf that is not a tensor: an int, a float, a bool, a str or `None`.
pub type Literal = Leaf<NoTensors>;

impl NodeValue {
    /// The tensor, when it is one.
    pub fn tensor(&self) -> Option<&TensorType<Expr>> {
        match self {
            NodeValue::Tensor(tensor) => Some(tensor),
            _ => None,
        }
    }
}
