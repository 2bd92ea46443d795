//! The traits of a tree, and of those who walk it.

use crate::fields::{Fields, FieldsMut, FieldsOwned, Rebuilder};
use crate::{Family, Kind, Leaf, LeafMut, LeafRef, Node, NodeType, Present, Statics, UnflattenError};
use std::ops::ControlFlow;

/// Who looks at a tree: told of every node and leaf in order.
///
/// For each node: [`enter`](Visitor::enter), then [`child`](Visitor::child) before every child, then
/// [`exit`](Visitor::exit). A visitor that can fail says so by its `Break`; one that cannot uses `Infallible`, which costs nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no visitor that looks at `{F}` leaves",
    label = "this cannot be shown a tree of `{F}` leaves",
    note = "a visitor is generic over the family, `impl<F: Family> ..`, or implements the trait for `{F}`"
)]
pub trait Visitor<'a, F: Family>: Sized {
    /// What an early end carries.
    type Break;

    /// A node begins. `Continue(false)` passes over its children; `exit` is not called then.
    #[inline(always)]
    fn enter(&mut self, node: &Node<'_>) -> ControlFlow<Self::Break, bool> {
        let _ = node;
        ControlFlow::Continue(true)
    }

    /// Child `index` of the current node comes next.
    #[inline(always)]
    fn child(&mut self, index: usize) {
        let _ = index;
    }

    /// A leaf.
    fn leaf(&mut self, leaf: LeafRef<'a, F>) -> ControlFlow<Self::Break>;

    /// All children of the current node, which are tensors. A visitor that can take a slice whole overrides this.
    #[inline(always)]
    fn tensors(&mut self, tensors: &'a [F::Tensor]) -> ControlFlow<Self::Break> {
        for (i, t) in tensors.iter().enumerate() {
            self.child(i);
            self.leaf(LeafRef::Tensor(t))?;
        }
        ControlFlow::Continue(())
    }

    /// The current node ends.
    #[inline(always)]
    fn exit(&mut self) -> ControlFlow<Self::Break> {
        ControlFlow::Continue(())
    }
}

/// Who changes the leaves of a tree in place.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no visitor that changes `{F}` leaves",
    label = "this cannot be shown a tree of `{F}` leaves",
    note = "a visitor is generic over the family, `impl<F: Family> ..`, or implements the trait for `{F}`"
)]
pub trait VisitorMut<F: Family>: Sized {
    /// What an early end carries.
    type Break;

    /// A leaf.
    fn leaf(&mut self, leaf: LeafMut<'_, F>) -> ControlFlow<Self::Break>;

    /// A run of tensors.
    #[inline(always)]
    fn tensors(&mut self, tensors: &mut [F::Tensor]) -> ControlFlow<Self::Break> {
        tensors.iter_mut().try_for_each(|t| self.leaf(LeafMut::Tensor(t)))
    }
}

/// Who takes a tree apart: told of every node, given every leaf.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no visitor that takes `{F}` leaves",
    label = "this cannot be shown a tree of `{F}` leaves",
    note = "a visitor is generic over the family, `impl<F: Family> ..`, or implements the trait for `{F}`"
)]
pub trait VisitorOwned<F: Family>: Sized {
    /// What an early end carries.
    type Break;

    /// A node begins. Its children always follow.
    #[inline(always)]
    fn enter(&mut self, node: &Node<'_>) -> ControlFlow<Self::Break> {
        let _ = node;
        ControlFlow::Continue(())
    }

    /// A leaf.
    fn leaf(&mut self, leaf: Leaf<F>) -> ControlFlow<Self::Break>;

    /// All children of the current node, which are tensors.
    #[inline(always)]
    fn tensors(&mut self, tensors: Vec<F::Tensor>) -> ControlFlow<Self::Break> {
        tensors.into_iter().try_for_each(|t| self.leaf(Leaf::Tensor(t)))
    }

    /// The current node ends.
    #[inline(always)]
    fn exit(&mut self) -> ControlFlow<Self::Break> {
        ControlFlow::Continue(())
    }
}

/// What a tree is rebuilt from: leaves in order, with the spec that says where they belong.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no source of `{F}` leaves",
    label = "no tree of `{F}` leaves can be rebuilt from this",
    note = "`unflatten` makes a source of leaves and a spec"
)]
pub trait Source<F: Family>: Sized {
    /// A list begins; its length.
    fn list(&mut self) -> Result<usize, UnflattenError>;
    /// A list of `arity` items begins.
    fn array(&mut self, arity: usize) -> Result<(), UnflattenError>;
    /// A tuple of `arity` items begins.
    fn tuple(&mut self, arity: usize) -> Result<(), UnflattenError>;
    /// A tuple of any length begins; its length.
    fn open_tuple(&mut self) -> Result<usize, UnflattenError>;
    /// A dict begins; its keys.
    fn dict(&mut self) -> Result<Vec<crate::Key>, UnflattenError>;
    /// A node of this kind begins; its context and arity.
    fn context(&mut self, kind: Kind) -> Result<(crate::Context, usize), UnflattenError>;
    /// A node of this type begins; which of its fields are there.
    fn node(&mut self, ty: &'static NodeType) -> Result<Present, UnflattenError>;
    /// Which variant of an enum comes next: `tags` are what the contexts of its variants hold, `types` their nodes. The
    /// node does not begin yet.
    fn variant(&mut self, types: &'static [NodeType], tags: &'static [&'static str]) -> Result<usize, UnflattenError>;
    /// The static fields of the node that [`node`](Source::node) began last, as JSON.
    fn statics(&mut self, ty: &'static NodeType) -> Result<serde_json::Value, UnflattenError>;
    /// Any node or leaf begins: its context and arity, or `None` for a leaf.
    fn any(&mut self) -> Result<Option<(crate::Context, usize)>, UnflattenError>;
    /// The next leaf.
    fn leaf(&mut self) -> Result<Leaf<F>, UnflattenError>;
    /// Whether the next thing is a leaf that is `None`.
    fn next_is_none(&mut self) -> bool;
    /// The context of the node that began last.
    fn begun(&self) -> Option<&crate::Context>;
    /// The error for the node that began last; `expected` completes "the type is ..".
    fn bad_node(&self, expected: &str) -> UnflattenError;
    /// The error for anything else that does not fit here; `expected` completes "the type is ..".
    fn error(&self, expected: &str) -> UnflattenError;
    /// The error for a leaf of another sort than the type holds.
    fn wrong_leaf(&self, expected: crate::LeafKind, found: crate::LeafKind) -> UnflattenError;
    /// The error for the last leaf, which a type of the user's cannot be made of.
    fn bad_leaf(&self, message: String) -> UnflattenError;
    /// The error for a field that the spec says is None and whose type cannot be.
    fn not_optional(&self, ty: &'static NodeType, field: &'static str) -> UnflattenError;
    /// The error for a static field that cannot be read from the context.
    fn bad_static(&self, ty: &'static NodeType, field: &'static str, message: String) -> UnflattenError;
    /// `count` tensors; a source that can hand them out in bulk overrides this.
    fn tensors(&mut self, count: usize) -> Result<Vec<F::Tensor>, UnflattenError> {
        let mut tensors = Vec::new();
        for _ in 0..count {
            tensors.push(self.tensor()?);
        }
        Ok(tensors)
    }
    /// The next leaf, which is a tensor.
    #[inline]
    fn tensor(&mut self) -> Result<F::Tensor, UnflattenError> {
        match self.leaf()? {
            Leaf::Tensor(t) => Ok(t),
            other => Err(self.wrong_leaf(crate::LeafKind::Tensor, other.kind())),
        }
    }
}

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
