//! The traits of a tree.

use super::fields::{Fields, FieldsMut, FieldsOwned};
use super::structs::Rebuilder;
use crate::{Family, Source, Statics, UnflattenError, Visitor, VisitorMut, VisitorOwned};
use std::ops::ControlFlow;

/// A value that is a tree of leaves of one [`Family`], to be read.
///
/// Derive it on your own types; `#[derive(PyTree)]` writes this trait and [`OwnedTree`], [`Retype`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tree of `{F}` leaves",
    label = "this has no place in a pytree",
    note = "a tree is made of tensors, `i64`, `f64`, `bool`, `String`, `Option`, `Vec`, arrays, tuples, `IndexMap` or `BTreeMap` (not `HashMap`, whose order is no order) and types with `#[derive(PyTree)]`",
    note = "a struct of your own: add `#[derive(PyTree)]`; a field that is configuration is `#[pytree(static)]` there, a smaller number or a mode `#[pytree(leaf)]`, one that is not carried, as `PhantomData`, `#[pytree(skip)]`",
    note = "a layer or a `VarStore` is part of the model and no input: keep it in the model, and pass the tensors it works on",
    note = "a tensor of another family: `#[pytree(family = ..)]` or `#[module(family = ..)]` names the one that is meant"
)]
pub trait PyTree<F: Family> {
    /// Whether this is an `Option`: only one may stand around a value, since Python has one `None`.
    ///
    /// ```compile_fail
    /// use pytree_core::{Meta, leaves};
    /// leaves::<Meta, Option<Option<i64>>>(&Some(None));
    /// ```
    const OPTIONAL: bool = false;

    /// The names of the child fields, of a type whose fields may stand among those of another (`#[pytree(flatten)]`).
    #[doc(hidden)]
    const FIELDS: Option<&'static [&'static str]> = None;

    /// Shows every node and leaf to `visitor`, in order.
    fn walk<'a, V: Visitor<'a, F>>(&'a self, visitor: &mut V) -> ControlFlow<V::Break>;

    /// Shows the items of a list or slice: the bulk hook that lets a visitor take a slice of tensors whole.
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

    /// Whether the value is Python's `None`: such a field is dropped from a dataclass.
    #[inline]
    fn is_none(&self) -> bool {
        false
    }

    /// Shows every child field of a struct to `fields`. The derive writes it.
    #[doc(hidden)]
    fn walk_fields<'a, W: Fields<'a, F>>(&'a self, fields: &mut W) {
        let _ = fields;
    }

    /// Shows itself to `fields`. The derive calls it by the name of this trait, so that a field which is no tree is
    /// told as that.
    #[doc(hidden)]
    #[inline(always)]
    fn walk_field<'a, W: Fields<'a, F>>(&'a self, fields: &mut W)
    where
        Self: Sized,
    {
        fields.field(self);
    }

    /// The static fields of a struct. The derive writes it.
    #[doc(hidden)]
    fn statics(&self) -> Option<&dyn Statics> {
        None
    }
}

/// A tree that can also be changed in place, taken apart and rebuilt.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be rebuilt from `{F}` leaves",
    label = "what owns its leaves cannot hold this",
    note = "references, slices, `Rc` and `Arc` can only be read: use the owned type (`Tensor` for `&Tensor`, `Vec<T>` for `&[T]`, `Box` for `Rc`), or read alone by `borrow_only`",
    note = "a struct of your own: add `#[derive(PyTree)]`; one with a lifetime or `borrow_only` can only be read",
    note = "a `Result` is no tree: forward returns the value itself, and what fails in it panics",
    note = "a layer or a `VarStore` is part of the model and no input: keep it in the model, and pass the tensors it works on"
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

    /// Shows every child field of a struct to `fields`. The derive writes it.
    #[doc(hidden)]
    fn walk_fields_mut<W: FieldsMut<F>>(&mut self, fields: &mut W) {
        let _ = fields;
    }

    /// Gives every child field of a struct to `fields`. The derive writes it.
    #[doc(hidden)]
    fn into_fields<W: FieldsOwned<F>>(self, fields: &mut W) {
        let _ = fields;
    }

    /// Makes a struct of its fields. The derive writes it.
    #[doc(hidden)]
    fn rebuild_fields<S: Source<F>>(fields: &mut Rebuilder<'_, S>) -> Result<Self, UnflattenError> {
        Err(fields.no_struct())
    }

    /// Shows itself to `fields`. The derive calls it.
    #[doc(hidden)]
    #[inline(always)]
    fn walk_field_mut<W: FieldsMut<F>>(&mut self, fields: &mut W) {
        fields.field(self);
    }

    /// Gives itself to `fields`. The derive calls it.
    #[doc(hidden)]
    #[inline(always)]
    fn into_field<W: FieldsOwned<F>>(self, fields: &mut W) {
        fields.field(self);
    }

    /// Takes itself from `fields`. The derive calls it.
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

    /// The items of a list of `count`.
    #[inline]
    fn rebuild_vec<S: Source<F>>(source: &mut S, count: usize) -> Result<Vec<Self>, UnflattenError> {
        // No capacity from `count`: a spec read from a file may claim more than its leaves give.
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
