//! Requirements of single fields, each a trait with a message of its own.

use crate::walk::Fields;
use crate::{Family, PyTree};
use std::marker::PhantomData;

/// The type of a field with `#[pytree(skip)]` and without `default = ..`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no default value, which a skipped field gets when the tree is rebuilt",
    label = "`Default` is not implemented for this type",
    note = "name a function that makes the value: `#[pytree(skip, default = path)]`; or implement `Default` for `{Self}`"
)]
pub trait Skipped {
    /// The default value.
    fn skipped() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Default> Skipped for T {
    fn skipped() -> Self {
        T::default()
    }
}

/// A type whose fields can be moved out, as all can but those that implement `Drop`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` implements `Drop`, so its fields cannot be moved out",
    label = "`#[derive(PyTree)]` takes values of this type apart",
    note = "add `#[pytree(borrow_only)]` to the type: it can then be flattened but not rebuilt"
)]
pub trait Movable {}

/// Asks whether a type implements `Drop`: a method of its own is chosen before one of a trait.
pub struct Whole<T>(PhantomData<T>);

impl<T> Whole<T> {
    /// The question.
    pub const OF: Self = Whole(PhantomData);
}

#[expect(drop_bounds, reason = "only a type that implements `Drop` itself is meant, not one with such a field")]
impl<T: Drop> Whole<T> {
    /// Refuses the type, since `Movable` is never implemented.
    pub fn movable(&self)
    where
        T: Movable,
    {
    }
}

/// The method of [`Whole`] for all other types.
pub trait AllMovable {
    /// Nothing to refuse.
    fn movable(&self) {}
}
impl<T> AllMovable for Whole<T> {}

/// Reads a field whose type mentions a parameter of the struct. That the type is not readable is reported by the impl of
/// `OwnedTree` beside this one, so that it is reported once.
///
/// A field may be a tree only if its parameter can be rebuilt. Then the struct needs the same bound:
///
/// ```
/// use pytree_core::{Meta, OwnedTree, leaves};
/// use pytree_derive::PyTree;
///
/// #[derive(PyTree)]
/// #[pytree(bound = "T: OwnedTree<_>")]
/// struct Inner<T>(T);
///
/// #[derive(PyTree)]
/// #[pytree(bound = "T: OwnedTree<_>")]
/// struct Outer<T>(Inner<T>, i64);
///
/// assert_eq!(leaves::<Meta, _>(&Outer(Inner(1), 2)).len(), 2);
/// ```
///
/// Without it the build stops, and does not leave the field out:
///
/// ```compile_fail,E0080
/// use pytree_core::{Meta, OwnedTree, leaves};
/// use pytree_derive::PyTree;
///
/// #[derive(PyTree)]
/// #[pytree(bound = "T: OwnedTree<_>")]
/// struct Inner<T>(T);
///
/// #[derive(PyTree)]
/// struct Outer<T>(Inner<T>, i64);
///
/// assert_eq!(leaves::<Meta, _>(&Outer(Inner(1), 2)).len(), 2);
/// ```
pub struct Reader<F, X>(PhantomData<(F, X)>);

impl<F, X> Reader<F, X> {
    /// The reader.
    pub const OF: Self = Reader(PhantomData);
}

impl<F: Family, X: PyTree<F>> Reader<F, X> {
    /// `PyTree::walk_field`
    #[inline(always)]
    pub fn walk_field<'a, W: Fields<'a, F>>(&self, field: &'a X, fields: &mut W) {
        field.walk_field(fields);
    }
}

/// The method of [`Reader`] for all other types.
pub trait Unread<X> {
    /// Stops the build, should the impl of `OwnedTree` compile.
    fn walk_field<W>(&self, field: &X, fields: &mut W);
}

impl<F, X> Unread<X> for Reader<F, X> {
    fn walk_field<W>(&self, _: &X, _: &mut W) {
        let () = Self::UNREAD;
    }
}

impl<F, X> Reader<F, X> {
    /// Always fails: nothing is smaller than a marker.
    const UNREAD: () = assert!(
        size_of::<Self>() > 0,
        "a field can only be read if the parameter in its type can also be rebuilt: add `#[pytree(bound = \"T: OwnedTree<_>\")]` to the struct"
    );
}

/// A value for an optional argument: with `Some`, without, or `None`.
#[diagnostic::on_unimplemented(
    message = "this argument is `{T}`, not `{Self}`",
    label = "expected `{T}`",
    note = "a call owns its arguments: pass `T` where forward takes `Option<&T>`; `Some` may be left out"
)]
pub trait Given<T> {
    /// The argument.
    fn given(self) -> T;
}

impl<T> Given<T> for T {
    fn given(self) -> T {
        self
    }
}

impl<T> Given<Option<T>> for T {
    fn given(self) -> Option<T> {
        Some(self)
    }
}

/// The type `X` that a struct with `remote` describes, for a length that is a constant. The derive checks in that constant that
/// the fields of the struct are those of the type. Where they are not, the length is an error, and so is every use of the type.
pub trait Described<X> {
    /// `X`.
    type Value;
}

impl<X> Described<X> for [(); 0] {
    type Value = X;
}
