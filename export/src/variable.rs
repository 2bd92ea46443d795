//! The numbers in the inputs that may differ between runs, and their values in one run.

use pytree_core::{Leaf, Tch};

/// A number in the inputs that may differ from call to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Variable {
    /// A dimension of a tensor.
    InputDim { leaf: usize, dim: usize },
    /// An int.
    InputInt { leaf: usize },
}

impl Variable {
    fn place(self) -> (usize, usize) {
        match self {
            Variable::InputDim { leaf, dim } => (leaf, dim),
            Variable::InputInt { leaf } => (leaf, 0),
        }
    }
}

/// The numbers of every input leaf of a run: the sizes of a tensor, the value of an int, and `None` for other leaves.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LeafSizes(Vec<Option<Vec<i64>>>);

impl LeafSizes {
    pub(crate) fn of(leaves: &[Leaf<Tch>]) -> Self {
        let sizes = leaves.iter().map(|leaf| match leaf {
            Leaf::Tensor(tensor) => Some(tensor.size()),
            Leaf::Int(v) => Some(vec![*v]),
            _ => None,
        });
        LeafSizes(sizes.collect())
    }

    /// The sizes of a leaf.
    pub(crate) fn leaf(&self, leaf: usize) -> Option<&[i64]> {
        self.0.get(leaf)?.as_deref()
    }

    /// One entry per leaf, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Option<&[i64]>> {
        self.0.iter().map(Option::as_deref)
    }

    /// How many numbers are the same in both.
    pub(crate) fn in_common(&self, other: &LeafSizes) -> usize {
        let leaves = self.iter().zip(other.iter());
        leaves.map(|(a, b)| a.into_iter().flatten().zip(b.into_iter().flatten()).filter(|(a, b)| a == b).count()).sum()
    }

    pub(crate) fn get(&self, variable: Variable) -> Option<i64> {
        let (leaf, dim) = variable.place();
        self.leaf(leaf)?.get(dim).copied()
    }

    /// Replaces the sizes of a leaf.
    pub(crate) fn set_leaf(&mut self, leaf: usize, sizes: Vec<i64>) {
        if let Some(slot) = self.0.get_mut(leaf) {
            *slot = Some(sizes);
        }
    }
}
