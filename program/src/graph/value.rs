//! The values of nodes.

use pytree_core::{Leaf, NoTensors, TensorType};
use symbolic::{BoolExpr, Expr};

/// The value of a node, without data (`node.meta["val"]`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum NodeValue {
    /// A tensor. Sizes, strides and offset (in elements) are expressions over the symbols of the program.
    Tensor(TensorType<Expr>),
    /// An integer.
    Int(Expr),
    /// A float.
    Float(Expr),
    /// A bool.
    Bool(BoolExpr),
    /// Several values, mostly tensors, which [`NodeKind::Item`](super::NodeKind::Item) nodes take apart.
    Several {
        /// The number of values.
        count: usize,
        /// Whether the schema returns a list (`Tensor[]`) and not a tuple.
        list: bool,
    },
    /// A plain value: an input that is not a tensor is a constant of the program. `None` is also the result of a call that
    /// returns a missing tensor.
    Literal(Literal),
    /// An object of a Python or TorchScript class.
    Object {
        /// The full name of the class.
        class: String,
    },
    /// No value: the function is called for its effect.
    Nothing,
}

/// A leaf that is not a tensor: an int, a float, a bool, a str or `None`.
pub type Literal = Leaf<NoTensors>;

impl NodeValue {
    /// The tensor, if it is one.
    pub fn tensor(&self) -> Option<&TensorType<Expr>> {
        match self {
            NodeValue::Tensor(tensor) => Some(tensor),
            _ => None,
        }
    }
}
