//! Types that stand for one leaf: a number, a bool, a text.

use crate::fields::{Fields, FieldsMut, FieldsOwned, Rebuilder};
use crate::with::ByLeaf;
use crate::{Family, Leaf, LeafKind, LeafRef, Source, UnflattenError};
use std::rc::Rc;
use std::sync::Arc;

/// A leaf that is no tensor: what a type of your own is written as by [`AsLeaf`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Plain<'a> {
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

impl<'a> Plain<'a> {
    /// The leaf as this; `None` for a tensor.
    pub fn of<F: Family>(leaf: LeafRef<'a, F>) -> Option<Self> {
        Some(match leaf {
            LeafRef::Tensor(_) => return None,
            LeafRef::Int(v) => Plain::Int(v),
            LeafRef::Float(v) => Plain::Float(v),
            LeafRef::Bool(v) => Plain::Bool(v),
            LeafRef::Str(v) => Plain::Str(v),
            LeafRef::None => Plain::None,
        })
    }

    /// The leaf, owned.
    pub fn into_leaf<F: Family>(self) -> Leaf<F> {
        match self {
            Plain::Int(v) => Leaf::Int(v),
            Plain::Float(v) => Leaf::Float(v),
            Plain::Bool(v) => Leaf::Bool(v),
            Plain::Str(v) => Leaf::Str(v.to_owned()),
            Plain::None => Leaf::None,
        }
    }

    /// The sort of the leaf.
    pub fn kind(self) -> LeafKind {
        match self {
            Plain::Int(_) => LeafKind::Int,
            Plain::Float(_) => LeafKind::Float,
            Plain::Bool(_) => LeafKind::Bool,
            Plain::Str(_) => LeafKind::Str,
            Plain::None => LeafKind::None,
        }
    }
}

impl<'a, F: Family> From<Plain<'a>> for LeafRef<'a, F> {
    fn from(leaf: Plain<'a>) -> Self {
        match leaf {
            Plain::Int(v) => LeafRef::Int(v),
            Plain::Float(v) => LeafRef::Float(v),
            Plain::Bool(v) => LeafRef::Bool(v),
            Plain::Str(v) => LeafRef::Str(v),
            Plain::None => LeafRef::None,
        }
    }
}

/// A type whose values are one leaf each, of any family: the type of a `#[pytree(leaf)]` field.
///
/// The smaller numbers and shared texts have it; write it for an enum of modes or an id of your own.
///
/// ```
/// use pytree_core::{AsLeaf, Plain};
///
/// #[derive(Clone, Copy, PartialEq, Debug)]
/// enum Mode {
///     Train,
///     Eval,
/// }
///
/// impl AsLeaf for Mode {
///     fn to_leaf(&self) -> Plain<'_> {
///         Plain::Str(match self {
///             Mode::Train => "train",
///             Mode::Eval => "eval",
///         })
///     }
///     fn from_leaf(leaf: Plain<'_>) -> Result<Self, String> {
///         match leaf {
///             Plain::Str("train") => Ok(Mode::Train),
///             Plain::Str("eval") => Ok(Mode::Eval),
///             other => Err(format!("{other:?} is no mode: it is 'train' or 'eval'")),
///         }
///     }
/// }
/// assert_eq!(Mode::from_leaf(Mode::Eval.to_leaf()), Ok(Mode::Eval));
/// assert_eq!(u8::from_leaf(Plain::Int(300)), Err("300 is no `u8`".to_owned()));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not known as a leaf",
    label = "`#[pytree(leaf)]` needs a type that stands for one number, bool or text",
    note = "implement `AsLeaf` for `{Self}`; a tensor, `i64`, `f64`, `bool` and `String` are leaves without `#[pytree(leaf)]`",
    note = "a `usize` or `u64` need not fit Python's int of 64 bits in torch: use `i64`"
)]
pub trait AsLeaf: Sized {
    /// The leaf that stands for the value.
    fn to_leaf(&self) -> Plain<'_>;

    /// The value that a leaf stands for.
    ///
    /// # Errors
    /// When no value does: what is wrong, in a few words. A change in place to such a leaf is not taken.
    fn from_leaf(leaf: Plain<'_>) -> Result<Self, String>;

    /// Shows itself to `fields`. The derive calls it by the name of this trait, so that a field which is no leaf is told
    /// as that.
    #[doc(hidden)]
    #[inline]
    fn walk_field<'a, F: Family, W: Fields<'a, F>>(&'a self, fields: &mut W) {
        fields.with::<Self, ByLeaf>(self);
    }

    /// Shows itself to `fields`, to be changed. The derive calls it.
    #[doc(hidden)]
    #[inline]
    fn walk_field_mut<F: Family, W: FieldsMut<F>>(&mut self, fields: &mut W) {
        fields.with::<Self, ByLeaf>(self);
    }

    /// Gives itself to `fields`. The derive calls it.
    #[doc(hidden)]
    #[inline]
    fn into_field<F: Family, W: FieldsOwned<F>>(self, fields: &mut W) {
        fields.with::<Self, ByLeaf>(self);
    }

    /// Takes itself from `fields`. The derive calls it.
    #[doc(hidden)]
    #[inline]
    fn rebuild_field<F: Family, S: Source<F>>(fields: &mut Rebuilder<'_, S>) -> Result<Self, UnflattenError> {
        fields.with::<F, Self, ByLeaf>()
    }
}

macro_rules! ints {
    ($($type:ty)*) => {$(
        impl AsLeaf for $type {
            fn to_leaf(&self) -> Plain<'_> {
                Plain::Int(i64::from(*self))
            }

            fn from_leaf(leaf: Plain<'_>) -> Result<Self, String> {
                match leaf {
                    Plain::Int(v) => Self::try_from(v).map_err(|_| format!("{v} is no `{}`", stringify!($type))),
                    other => Err(format!("{} is no `{}`", other.kind(), stringify!($type))),
                }
            }
        }
    )*};
}
ints!(i8 i16 i32 u8 u16 u32);

impl AsLeaf for f32 {
    fn to_leaf(&self) -> Plain<'_> {
        Plain::Float(f64::from(*self))
    }

    /// Rounded to the nearest `f32`.
    fn from_leaf(leaf: Plain<'_>) -> Result<Self, String> {
        match leaf {
            Plain::Float(v) => Ok(v as f32),
            other => Err(format!("{} is no `f32`", other.kind())),
        }
    }
}

macro_rules! texts {
    ($($type:ty)*) => {$(
        impl AsLeaf for $type {
            fn to_leaf(&self) -> Plain<'_> {
                Plain::Str(self)
            }

            fn from_leaf(leaf: Plain<'_>) -> Result<Self, String> {
                match leaf {
                    Plain::Str(v) => Ok(v.into()),
                    other => Err(format!("{} is no `{}`", other.kind(), stringify!($type))),
                }
            }
        }
    )*};
}
texts!(Box<str> Rc<str> Arc<str>);
