//! Leaves: what a tree holds at its ends.

use crate::Family;
use std::fmt;

/// What sort of leaf a leaf is. Torch's pytree calls anything a leaf; these are the ones `torch.export` accepts.
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
    /// Python's name for the type of such a leaf.
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

macro_rules! leaf_kind {
    ($type:ident $($generics:tt)*) => {
        impl $($generics)* {
            /// The sort of this leaf.
            pub fn kind(&self) -> LeafKind {
                match self {
                    $type::Tensor(_) => LeafKind::Tensor,
                    $type::Int(_) => LeafKind::Int,
                    $type::Float(_) => LeafKind::Float,
                    $type::Bool(_) => LeafKind::Bool,
                    $type::Str(_) => LeafKind::Str,
                    $type::None => LeafKind::None,
                }
            }
        }
    };
}

/// A leaf, borrowed from the tree that holds it.
pub enum LeafRef<'a, F: Family> {
    /// A tensor.
    Tensor(&'a F::Tensor),
    /// An int.
    Int(i64),
    /// A float.
    Float(f64),
    /// A bool.
    Bool(bool),
    /// A str.
    Str(&'a str),
    /// None.
    None,
}

impl<F: Family> Clone for LeafRef<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<F: Family> Copy for LeafRef<'_, F> {}

impl<'a, F: Family> LeafRef<'a, F> {
    /// The tensor, when the leaf is one.
    pub fn tensor(self) -> Option<&'a F::Tensor> {
        match self {
            LeafRef::Tensor(t) => Some(t),
            _ => None,
        }
    }

    /// The leaf as an owned one of another family; `tensor` makes the tensors.
    pub fn map<G: Family>(self, tensor: impl FnOnce(&'a F::Tensor) -> G::Tensor) -> Leaf<G> {
        match self {
            LeafRef::Tensor(t) => Leaf::Tensor(tensor(t)),
            LeafRef::Int(v) => Leaf::Int(v),
            LeafRef::Float(v) => Leaf::Float(v),
            LeafRef::Bool(v) => Leaf::Bool(v),
            LeafRef::Str(v) => Leaf::Str(v.to_owned()),
            LeafRef::None => Leaf::None,
        }
    }

    /// As [`map`](LeafRef::map), where making a tensor may fail.
    ///
    /// # Errors
    /// The error of `tensor`.
    pub fn try_map<G: Family, E>(
        self,
        tensor: impl FnOnce(&'a F::Tensor) -> Result<G::Tensor, E>,
    ) -> Result<Leaf<G>, E> {
        match self {
            LeafRef::Tensor(t) => tensor(t).map(Leaf::Tensor),
            LeafRef::Int(v) => Ok(Leaf::Int(v)),
            LeafRef::Float(v) => Ok(Leaf::Float(v)),
            LeafRef::Bool(v) => Ok(Leaf::Bool(v)),
            LeafRef::Str(v) => Ok(Leaf::Str(v.to_owned())),
            LeafRef::None => Ok(Leaf::None),
        }
    }
}
leaf_kind!(LeafRef <F: Family> LeafRef<'_, F>);

/// A leaf that owns its value: what a tree is rebuilt from.
pub enum Leaf<F: Family> {
    /// A tensor.
    Tensor(F::Tensor),
    /// An int.
    Int(i64),
    /// A float.
    Float(f64),
    /// A bool.
    Bool(bool),
    /// A str.
    Str(String),
    /// None.
    None,
}

impl<F: Family> Leaf<F> {
    /// The leaf, borrowed.
    pub fn as_ref(&self) -> LeafRef<'_, F> {
        match self {
            Leaf::Tensor(t) => LeafRef::Tensor(t),
            Leaf::Int(v) => LeafRef::Int(*v),
            Leaf::Float(v) => LeafRef::Float(*v),
            Leaf::Bool(v) => LeafRef::Bool(*v),
            Leaf::Str(v) => LeafRef::Str(v),
            Leaf::None => LeafRef::None,
        }
    }

    /// The leaf, open to be changed in place.
    pub fn as_mut(&mut self) -> LeafMut<'_, F> {
        match self {
            Leaf::Tensor(t) => LeafMut::Tensor(t),
            Leaf::Int(v) => LeafMut::Int(v),
            Leaf::Float(v) => LeafMut::Float(v),
            Leaf::Bool(v) => LeafMut::Bool(v),
            Leaf::Str(v) => LeafMut::Str(v),
            Leaf::None => LeafMut::None,
        }
    }
}
leaf_kind!(Leaf <F: Family> Leaf<F>);

impl<F: Family<Tensor: Clone>> Clone for Leaf<F> {
    fn clone(&self) -> Self {
        self.as_ref().map(Clone::clone)
    }
}

impl<F: Family<Tensor: PartialEq>> PartialEq for Leaf<F> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Leaf::Tensor(a), Leaf::Tensor(b)) => a == b,
            (Leaf::Int(a), Leaf::Int(b)) => a == b,
            (Leaf::Float(a), Leaf::Float(b)) => a == b,
            (Leaf::Bool(a), Leaf::Bool(b)) => a == b,
            (Leaf::Str(a), Leaf::Str(b)) => a == b,
            (Leaf::None, Leaf::None) => true,
            _ => false,
        }
    }
}

/// A leaf that may be changed in place. Its sort stays what it is.
pub enum LeafMut<'a, F: Family> {
    /// A tensor.
    Tensor(&'a mut F::Tensor),
    /// An int.
    Int(&'a mut i64),
    /// A float.
    Float(&'a mut f64),
    /// A bool.
    Bool(&'a mut bool),
    /// A str.
    Str(&'a mut String),
    /// None.
    None,
}
leaf_kind!(LeafMut <F: Family> LeafMut<'_, F>);

macro_rules! debug_leaf {
    ($($type:ident $generics:ty),*) => {$(
        impl<F: Family<Tensor: fmt::Debug>> fmt::Debug for $generics {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $type::Tensor(t) => fmt::Debug::fmt(t, f),
                    $type::Int(v) => fmt::Debug::fmt(v, f),
                    $type::Float(v) => fmt::Debug::fmt(v, f),
                    $type::Bool(v) => fmt::Debug::fmt(v, f),
                    $type::Str(v) => fmt::Debug::fmt(v, f),
                    $type::None => f.write_str("None"),
                }
            }
        }
    )*};
}
debug_leaf!(LeafRef LeafRef<'_, F>, Leaf Leaf<F>, LeafMut LeafMut<'_, F>);
