//! Types whose values are one leaf each: a number, a bool, a string.

use crate::walk::{Fields, FieldsMut, FieldsOwned, Rebuilder, With, WithOwned};
use crate::{Family, Leaf, LeafKind, Mismatch, Plain, Source, UnflattenError, Visitor, VisitorMut, VisitorOwned};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

/// A type whose values are one leaf each, in trees of any family: the type of a `#[pytree(leaf)]` field.
///
/// The smaller numbers and the shared strings implement it. Implement it for an enum of modes or an id of your own.
///
/// ```
/// use pytree_core::{AsLeaf, LeafError, Plain};
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
///     fn from_leaf(leaf: Plain<'_>) -> Result<Self, LeafError> {
///         match leaf {
///             Plain::Str("train") => Ok(Mode::Train),
///             Plain::Str("eval") => Ok(Mode::Eval),
///             other => Err(format!("{other:?} is not a mode; a mode is 'train' or 'eval'").into()),
///         }
///     }
/// }
/// assert_eq!(Mode::from_leaf(Mode::Eval.to_leaf()), Ok(Mode::Eval));
/// assert_eq!(u8::from_leaf(Plain::Int(300)).unwrap_err().to_string(), "300 does not fit in a `u8`");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used as a leaf",
    label = "`#[pytree(leaf)]` needs a type whose values are each one number, bool or string",
    note = "implement `AsLeaf` for `{Self}`; tensors, `i64`, `f64`, `bool` and `String` are leaves without `#[pytree(leaf)]`",
    note = "a `usize` or `u64` may not fit in the 64-bit int that torch uses: use `i64`"
)]
pub trait AsLeaf: Sized {
    /// The leaf that stands for the value.
    fn to_leaf(&self) -> Plain<'_>;

    /// The value that a leaf stands for.
    ///
    /// # Errors
    /// [`LeafError`] when the leaf stands for no value of this type. A leaf that was changed in place to such a value
    /// keeps its old value.
    fn from_leaf(leaf: Plain<'_>) -> Result<Self, LeafError>;

    /// Shows itself to `fields`. The derive calls this through the trait, so that the compiler reports a field that is
    /// not a leaf as such.
    #[doc(hidden)]
    #[inline]
    fn walk_field<'a, F: Family, W: Fields<'a, F>>(&'a self, fields: &mut W) {
        fields.with::<Self, ByLeaf>(self);
    }

    /// Shows itself to `fields`, to be changed. The derive calls this.
    #[doc(hidden)]
    #[inline]
    fn walk_field_mut<F: Family, W: FieldsMut<F>>(&mut self, fields: &mut W) {
        fields.with::<Self, ByLeaf>(self);
    }

    /// Gives itself to `fields`. The derive calls this.
    #[doc(hidden)]
    #[inline]
    fn into_field<F: Family, W: FieldsOwned<F>>(self, fields: &mut W) {
        fields.with::<Self, ByLeaf>(self);
    }

    /// Takes itself from `fields`. The derive calls this.
    #[doc(hidden)]
    #[inline]
    fn rebuild_field<F: Family, S: Source<F>>(fields: &mut Rebuilder<'_, S>) -> Result<Self, UnflattenError> {
        fields.with::<F, Self, ByLeaf>()
    }
}

/// A leaf stands for no value of a type: the error of [`AsLeaf::from_leaf`].
///
/// A type of your own describes what is wrong in its own words: `Err("not a mode".into())`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LeafError {
    /// The leaf is of another kind.
    #[error("{found} is not a `{type_name}`")]
    Kind {
        /// The kind of the leaf.
        found: LeafKind,
        /// The Rust type.
        type_name: &'static str,
    },
    /// The int is outside the range of the type.
    #[error("{value} does not fit in a `{type_name}`")]
    Range {
        /// The int.
        value: i64,
        /// The Rust type.
        type_name: &'static str,
    },
    /// Anything else, in words of the type's own.
    #[error("{0}")]
    Other(String),
}

impl From<String> for LeafError {
    fn from(message: String) -> Self {
        LeafError::Other(message)
    }
}

impl From<&str> for LeafError {
    fn from(message: &str) -> Self {
        LeafError::Other(message.to_owned())
    }
}

/// Walks a value as the one leaf that [`AsLeaf`] makes of it.
pub struct ByLeaf;

impl<F: Family, X: AsLeaf> With<F, X> for ByLeaf {
    #[inline]
    fn walk<'a, V: Visitor<'a, F>>(tree: &'a X, visitor: &mut V) -> ControlFlow<V::Break> {
        visitor.leaf(tree.to_leaf().widen())
    }

    #[inline]
    fn is_none(tree: &X) -> bool {
        matches!(tree.to_leaf(), Plain::None)
    }
}

impl<F: Family, X: AsLeaf> WithOwned<F, X> for ByLeaf {
    fn walk_mut<V: VisitorMut<F>>(tree: &mut X, visitor: &mut V) -> ControlFlow<V::Break> {
        let mut leaf: Leaf<F> = owned(tree.to_leaf());
        let flow = visitor.leaf(leaf.as_mut());
        // A value that the type cannot hold is dropped: a visitor that changes leaves in place cannot receive an error.
        if let Some(Ok(changed)) = leaf.as_ref().plain().map(X::from_leaf) {
            *tree = changed;
        }
        flow
    }

    fn into_walk<V: VisitorOwned<F>>(tree: X, visitor: &mut V) -> ControlFlow<V::Break> {
        visitor.leaf(owned(tree.to_leaf()))
    }

    fn rebuild<S: Source<F>>(source: &mut S) -> Result<X, UnflattenError> {
        let leaf = source.leaf()?;
        let read = match leaf.as_ref().plain() {
            Some(plain) => X::from_leaf(plain),
            None => Err(LeafError::Kind { found: LeafKind::Tensor, type_name: std::any::type_name::<X>() }),
        };
        read.map_err(|error| source.fail(Mismatch::Value(error)))
    }

    fn from_none() -> Option<X> {
        X::from_leaf(Plain::None).ok()
    }
}

fn owned<F: Family>(leaf: Plain<'_>) -> Leaf<F> {
    leaf.map(|never| match *never {})
}

macro_rules! ints {
    ($($type:ty)*) => {$(
        impl AsLeaf for $type {
            fn to_leaf(&self) -> Plain<'_> {
                Plain::Int(i64::from(*self))
            }

            fn from_leaf(leaf: Plain<'_>) -> Result<Self, LeafError> {
                let type_name = stringify!($type);
                match leaf {
                    Plain::Int(value) => Self::try_from(value).map_err(|_| LeafError::Range { value, type_name }),
                    other => Err(LeafError::Kind { found: other.kind(), type_name }),
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

    /// Rounds to the nearest `f32`.
    fn from_leaf(leaf: Plain<'_>) -> Result<Self, LeafError> {
        match leaf {
            Plain::Float(v) => Ok(v as f32),
            other => Err(LeafError::Kind { found: other.kind(), type_name: "f32" }),
        }
    }
}

macro_rules! texts {
    ($($type:ty)*) => {$(
        impl AsLeaf for $type {
            fn to_leaf(&self) -> Plain<'_> {
                Plain::Str(self)
            }

            fn from_leaf(leaf: Plain<'_>) -> Result<Self, LeafError> {
                match leaf {
                    Plain::Str(v) => Ok(v.into()),
                    other => Err(LeafError::Kind { found: other.kind(), type_name: stringify!($type) }),
                }
            }
        }
    )*};
}
texts!(Box<str> Rc<str> Arc<str>);
