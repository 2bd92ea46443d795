//! The leaf, owned and borrowed: every plain value that a tree can hold.

use super::LeafKind;
use crate::{Family, NoTensors};
use std::fmt;

/// A leaf that owns its value: what a tree is rebuilt from.
///
/// [`LeafRef`] and [`LeafMut`] are its views. As data (serde) a leaf is a map of its kind and its value.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[serde(bound(serialize = "F::Tensor: serde::Serialize", deserialize = "F::Tensor: serde::de::DeserializeOwned"))]
pub enum Leaf<F: Family> {
    /// A tensor.
    Tensor(F::Tensor),
    /// An int.
    Int(i64),
    /// A float.
    Float(#[serde(with = "crate::python::float_text")] f64),
    /// A bool.
    Bool(bool),
    /// A str.
    Str(String),
    /// None.
    None,
}

/// A leaf, borrowed from the tree that holds it.
#[derive(serde::Serialize)]
#[serde(rename_all = "lowercase", bound(serialize = "F::Tensor: serde::Serialize"))]
pub enum LeafRef<'a, F: Family> {
    /// A tensor.
    Tensor(&'a F::Tensor),
    /// An int.
    Int(i64),
    /// A float.
    Float(#[serde(with = "crate::python::float_text")] f64),
    /// A bool.
    Bool(bool),
    /// A str.
    Str(&'a str),
    /// None.
    None,
}

/// A leaf that may be changed in place. Its kind cannot change.
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

/// A leaf that is not a tensor, of any family: what [`AsLeaf`](crate::AsLeaf) converts a type of your own to and from.
pub type Plain<'a> = LeafRef<'a, NoTensors>;

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

    /// The leaf, borrowed to be changed in place.
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

impl<'a, F: Family> LeafRef<'a, F> {
    /// The tensor, if the leaf is one.
    pub fn tensor(self) -> Option<&'a F::Tensor> {
        match self {
            LeafRef::Tensor(t) => Some(t),
            _ => None,
        }
    }

    /// The leaf as one of any family; `None` for a tensor.
    pub fn plain(self) -> Option<Plain<'a>> {
        Some(match self {
            LeafRef::Tensor(_) => return None,
            LeafRef::Int(v) => Plain::Int(v),
            LeafRef::Float(v) => Plain::Float(v),
            LeafRef::Bool(v) => Plain::Bool(v),
            LeafRef::Str(v) => Plain::Str(v),
            LeafRef::None => Plain::None,
        })
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

    /// [`map`](LeafRef::map) with a `tensor` that may fail.
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

impl<'a> Plain<'a> {
    /// The same leaf in a tree of another family.
    pub fn widen<F: Family>(self) -> LeafRef<'a, F> {
        match self {
            Plain::Tensor(never) => match *never {},
            Plain::Int(v) => LeafRef::Int(v),
            Plain::Float(v) => LeafRef::Float(v),
            Plain::Bool(v) => LeafRef::Bool(v),
            Plain::Str(v) => LeafRef::Str(v),
            Plain::None => LeafRef::None,
        }
    }
}

macro_rules! leaf_kind {
    ($type:ident $($generics:tt)*) => {
        impl $($generics)* {
            /// The kind of this leaf.
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
leaf_kind!(Leaf <F: Family> Leaf<F>);
leaf_kind!(LeafRef <F: Family> LeafRef<'_, F>);
leaf_kind!(LeafMut <F: Family> LeafMut<'_, F>);

// The impls of std's traits are written by hand: derives would ask the same of the family's marker.
impl<F: Family> Clone for LeafRef<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<F: Family> Copy for LeafRef<'_, F> {}

impl<F: Family<Tensor: PartialEq>> PartialEq for LeafRef<'_, F> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (LeafRef::Tensor(a), LeafRef::Tensor(b)) => a == b,
            (LeafRef::Int(a), LeafRef::Int(b)) => a == b,
            (LeafRef::Float(a), LeafRef::Float(b)) => a == b,
            (LeafRef::Bool(a), LeafRef::Bool(b)) => a == b,
            (LeafRef::Str(a), LeafRef::Str(b)) => a == b,
            (LeafRef::None, LeafRef::None) => true,
            _ => false,
        }
    }
}

impl<F: Family<Tensor: Clone>> Clone for Leaf<F> {
    fn clone(&self) -> Self {
        self.as_ref().map(Clone::clone)
    }
}

impl<F: Family<Tensor: PartialEq>> PartialEq for Leaf<F> {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}

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
