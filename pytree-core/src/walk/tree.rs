//! The traits of a tree.

use super::fields::{Fields, FieldsMut, FieldsOwned};
use super::structs::Rebuilder;
use crate::{Family, Source, Statics, UnflattenError, Visitor, VisitorMut, VisitorOwned};
use std::ops::ControlFlow;

/// A value that can be read as a tree of leaves of one [`Family`].
///
/// Derive it for your own types: `#[derive(PyTree)]` implements this trait, [`OwnedTree`] and [`Retype`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tree of `{F}` leaves",
    label = "not allowed in a pytree",
    note = "for a struct or enum of your own add `#[derive(PyTree)]`",
    note = "a field that is not data: `#[pytree(static)]` keeps configuration, `#[pytree(leaf)]` makes it a number or string, `#[pytree(skip)]` leaves it out",
    note = "trees are tensors, `i64`, `f64`, `bool`, `String`, `Option`, `Vec`, arrays, tuples, `IndexMap`, `BTreeMap` and types with `#[derive(PyTree)]`; a `HashMap`, a set, a cell or another number is not a tree",
    note = "a layer or a `VarStore` is part of the model, not an input: keep it in the model, and pass the tensors it works on",
    note = "for tensors of another family name the family: `#[pytree(family = ..)]` or `#[module(family = ..)]`"
)]
pub trait PyTree<F: Family> {
    /// True for an `Option`. A value can have only one around it, since Python has only one `None`.
    ///
    /// ```compile_fail
    /// use pytree_core::{Meta, leaves};
    /// leaves::<Meta, Option<Option<i64>>>(&Some(None));
    /// ```
    const OPTIONAL: bool = false;

    /// The names of the child fields, for a type whose fields can be flattened into another struct
    /// (`#[pytree(flatten)]`).
    #[doc(hidden)]
    const FIELDS: Option<&'static [&'static str]> = None;

    /// Shows every node and leaf to `visitor`, in order.
    fn walk<'a, V: Visitor<'a, F>>(&'a self, visitor: &mut V) -> ControlFlow<V::Break>;

    /// Shows the items of a list or slice. Tensor types override it, so that a visitor receives a slice of tensors at
    /// once.
    #[inline]
    fn walk_slice<'a, V: Visitor<'a, F>>(items: &'a [Self], visitor: &mut V) -> ControlFlow<V::Break>
    where
        Self: Sized,
    {
        for (i, item) in items.iter().enumerate() {
            visitor.child(i);
            item.walk(visitor)?;
        }
        ControlFlow::Continue(())
    }

    /// Whether the value is Python's `None`. A dataclass drops a field that is.
    #[inline]
    fn is_none(&self) -> bool {
        false
    }

    /// Shows every child field of a struct to `fields`. The derive implements this.
    #[doc(hidden)]
    fn walk_fields<'a, W: Fields<'a, F>>(&'a self, fields: &mut W) {
        let _ = fields;
    }

    /// Shows itself to `fields`. The derive calls this through the trait, so that the compiler reports a field that is
    /// not a tree as such.
    #[doc(hidden)]
    #[inline(always)]
    fn walk_field<'a, W: Fields<'a, F>>(&'a self, fields: &mut W)
    where
        Self: Sized,
    {
        fields.field(self);
    }

    /// The static fields of a struct. The derive implements this.
    #[doc(hidden)]
    fn statics(&self) -> Option<&dyn Statics> {
        None
    }
}

/// A tree that can also be changed in place, taken apart and rebuilt.
///
/// `#[derive(PyTree)]` implements it for a struct whose fields all implement it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tree that can be rebuilt from `{F}` leaves",
    label = "not allowed in a pytree, or only to be read",
    note = "for a struct or enum of your own add `#[derive(PyTree)]`; with a lifetime or `borrow_only` it can only be read",
    note = "a field that is not data: `#[pytree(static)]` keeps configuration, `#[pytree(leaf)]` makes it a number or string, `#[pytree(skip)]` leaves it out",
    note = "trees are tensors, `i64`, `f64`, `bool`, `String`, `Option`, `Vec`, arrays, tuples, `IndexMap`, `BTreeMap` and types with `#[derive(PyTree)]`; a `HashMap`, a set, a cell or another number is not a tree, and `&T`, `Rc` and `Arc` can only be read",
    note = "a layer or a `VarStore` is part of the model, not an input: keep it in the model, and pass the tensors it works on",
    note = "for tensors of another family name the family: `#[pytree(family = ..)]` or `#[module(family = ..)]`",
    note = "a forward may return a `Result` of a tree, if its type is written with the name `Result`"
)]
pub trait OwnedTree<F: Family>: PyTree<F> + Sized {
    /// Shows every leaf to `visitor`, to be changed in place.
    fn walk_mut<V: VisitorMut<F>>(&mut self, visitor: &mut V) -> ControlFlow<V::Break>;

    /// Gives every node and leaf to `visitor`, in order.
    fn into_walk<V: VisitorOwned<F>>(self, visitor: &mut V) -> ControlFlow<V::Break>;

    /// Makes the value from `source`.
    fn rebuild<S: Source<F>>(source: &mut S) -> Result<Self, UnflattenError>;

    /// The value of a dataclass field that was dropped because it was `None`.
    #[inline]
    fn from_none() -> Option<Self> {
        None
    }

    /// [`PyTree::FIELDS`]. The derive asks for it here, so that a field that is not a tree is reported once.
    #[doc(hidden)]
    const OWN_FIELDS: Option<&'static [&'static str]> = <Self as PyTree<F>>::FIELDS;

    /// [`PyTree::walk_field`]. The derive calls it here, so that a field that is not a tree is reported once.
    #[doc(hidden)]
    #[inline(always)]
    fn read_field<'a, W: Fields<'a, F>>(&'a self, fields: &mut W) {
        self.walk_field(fields);
    }

    /// [`PyTree::walk_fields`]. The derive calls it here, so that a field that is not a tree is reported once.
    #[doc(hidden)]
    #[inline(always)]
    fn read_fields<'a, W: Fields<'a, F>>(&'a self, fields: &mut W) {
        self.walk_fields(fields);
    }

    /// Shows every child field of a struct to `fields`. The derive implements this.
    #[doc(hidden)]
    fn walk_fields_mut<W: FieldsMut<F>>(&mut self, fields: &mut W) {
        let _ = fields;
    }

    /// Gives every child field of a struct to `fields`. The derive implements this.
    #[doc(hidden)]
    fn into_fields<W: FieldsOwned<F>>(self, fields: &mut W) {
        let _ = fields;
    }

    /// Makes a struct of its fields. The derive implements this.
    #[doc(hidden)]
    fn rebuild_fields<S: Source<F>>(fields: &mut Rebuilder<'_, S>) -> Result<Self, UnflattenError> {
        Err(fields.no_struct())
    }

    /// Shows itself to `fields`, to be changed. The derive calls this.
    #[doc(hidden)]
    #[inline(always)]
    fn walk_field_mut<W: FieldsMut<F>>(&mut self, fields: &mut W) {
        fields.field(self);
    }

    /// Gives itself to `fields`. The derive calls this.
    #[doc(hidden)]
    #[inline(always)]
    fn into_field<W: FieldsOwned<F>>(self, fields: &mut W) {
        fields.field(self);
    }

    /// Takes itself from `fields`. The derive calls this.
    #[doc(hidden)]
    #[inline]
    fn rebuild_field<S: Source<F>>(fields: &mut Rebuilder<'_, S>) -> Result<Self, UnflattenError> {
        fields.field()
    }

    /// [`walk_mut`](OwnedTree::walk_mut) over the items of a list.
    #[inline]
    fn walk_slice_mut<V: VisitorMut<F>>(items: &mut [Self], visitor: &mut V) -> ControlFlow<V::Break> {
        items.iter_mut().try_for_each(|item| item.walk_mut(visitor))
    }

    /// [`into_walk`](OwnedTree::into_walk) over the items of a list.
    #[inline]
    fn into_walk_vec<V: VisitorOwned<F>>(items: Vec<Self>, visitor: &mut V) -> ControlFlow<V::Break> {
        items.into_iter().try_for_each(|item| item.into_walk(visitor))
    }

    /// Makes the `count` items of a list from `source`.
    #[inline]
    fn rebuild_vec<S: Source<F>>(source: &mut S, count: usize) -> Result<Vec<Self>, UnflattenError> {
        // `count` is not trusted as a capacity: a spec read from a file may claim more leaves than there are.
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(Self::rebuild(source)?);
        }
        Ok(items)
    }
}

/// The same type with other tensors: `Inputs<Tensor>::As<TensorMeta>` is `Inputs<TensorMeta>`.
#[diagnostic::on_unimplemented(
    message = "the tensors of `{Self}` cannot be replaced by another type",
    label = "this type fixes its tensor type",
    note = "make the struct generic over its tensor: `struct Inputs<T> {{ x: T }}` with `#[derive(PyTree)]`"
)]
pub trait Retype {
    /// The type with every tensor replaced by `U`.
    type As<U>;
}
