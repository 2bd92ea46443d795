//! The kinds of leaves, and what Python calls them.

use super::{Leaf, LeafRef};
use crate::Family;
use std::fmt;

/// Which kind of leaf a leaf is. Torch's pytree calls anything a leaf; these are the kinds that `torch.export` accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeafKind {
    /// A tensor of the family.
    Tensor,
    /// `int`
    Int,
    /// `float`
    Float,
    /// `bool`
    Bool,
    /// `str`
    Str,
    /// `None`: a leaf in torch, unlike in jax.
    None,
}

impl LeafKind {
    /// Python's name of the class of such leaves, as messages in PyTorch's words quote it: `int`, `NoneType`,
    /// `torch.Tensor`.
    pub fn python_type(self) -> &'static str {
        match self {
            LeafKind::Tensor => "torch.Tensor",
            LeafKind::Int => "int",
            LeafKind::Float => "float",
            LeafKind::Bool => "bool",
            LeafKind::Str => "str",
            LeafKind::None => "NoneType",
        }
    }
}

impl fmt::Display for LeafKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LeafKind::Tensor => "a tensor",
            LeafKind::Int => "an int",
            LeafKind::Float => "a float",
            LeafKind::Bool => "a bool",
            LeafKind::Str => "a str",
            LeafKind::None => "None",
        })
    }
}

/// A leaf whose Python class a message can name: what [`TreeSpec::flatten_up_to`](crate::TreeSpec::flatten_up_to) asks
/// of the leaves of a tree.
#[diagnostic::on_unimplemented(
    message = "the Python class of a `{Self}` is not known",
    label = "this stands for a leaf, and a message may have to name its class",
    note = "implement `LeafClass` for `{Self}`; `LeafRef`, `Leaf` and `usize` implement it"
)]
pub trait LeafClass {
    /// The `repr` of its class, such as `<class 'int'>`.
    fn class(&self) -> String;
}

impl<F: Family> LeafClass for LeafRef<'_, F> {
    fn class(&self) -> String {
        format!("<class '{}'>", self.kind().python_type())
    }
}

impl<F: Family> LeafClass for Leaf<F> {
    fn class(&self) -> String {
        self.as_ref().class()
    }
}

/// The position of a leaf. Nothing is known of the leaf itself.
impl LeafClass for usize {
    fn class(&self) -> String {
        "a leaf".to_owned()
    }
}
