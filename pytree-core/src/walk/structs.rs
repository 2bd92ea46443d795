//! Walking a struct by its fields: the engines behind [`fields`](super::fields).
//!
//! An early end is remembered, and the fields after it are skipped.

use super::fields::{Fields, FieldsMut, FieldsOwned, Parts, PartsOwned, With, WithOwned};
use crate::{Family, Kind, Mismatch, Node, NodeType, OwnedTree, Present, PyTree, Source, Statics, UnflattenError};
use crate::{Visitor, VisitorMut, VisitorOwned};
use std::ops::ControlFlow;

/// [`PyTree::walk`] of a struct that lists its own fields.
#[inline]
pub fn walk_struct<'a, F: Family, X: PyTree<F>, V: Visitor<'a, F>>(
    tree: &'a X,
    ty: &'static NodeType,
    visitor: &mut V,
) -> ControlFlow<V::Break> {
    walk_parts::<F, X, Own, V>(tree, ty, visitor)
}

/// [`OwnedTree::walk_mut`] of a struct that lists its own fields.
#[inline]
pub fn walk_struct_mut<F: Family, X: OwnedTree<F>, V: VisitorMut<F>>(
    tree: &mut X,
    ty: &'static NodeType,
    visitor: &mut V,
) -> ControlFlow<V::Break> {
    walk_parts_mut::<F, X, Own, V>(tree, ty, visitor)
}

/// [`OwnedTree::into_walk`] of a struct that lists its own fields.
#[inline]
pub fn into_struct<F: Family, X: OwnedTree<F>, V: VisitorOwned<F>>(
    tree: X,
    ty: &'static NodeType,
    visitor: &mut V,
) -> ControlFlow<V::Break> {
    into_parts::<F, X, Own, V>(tree, ty, visitor)
}

/// [`OwnedTree::rebuild`] of a struct that lists its own fields; `statics` says whether it has static fields.
#[inline]
pub fn rebuild_struct<F: Family, X: OwnedTree<F>, S: Source<F>>(
    ty: &'static NodeType,
    statics: bool,
    source: &mut S,
) -> Result<X, UnflattenError> {
    rebuild_parts::<F, X, Own, S>(ty, statics, source)
}

/// Walks a struct whose fields `P` lists.
#[inline]
pub fn walk_parts<'a, F: Family, X, P: Parts<F, X>, V: Visitor<'a, F>>(
    tree: &'a X,
    ty: &'static NodeType,
    visitor: &mut V,
) -> ControlFlow<V::Break> {
    let present = present::<F, X, P>(tree, ty);
    if visitor.enter(&Node::Struct { ty, present, statics: P::statics(tree) })? {
        let mut fields = Shown(Walk { visitor: &mut *visitor, present, index: 0, child: 0, flow: None });
        P::walk_fields(tree, &mut fields);
        fields.0.end()?;
        visitor.exit()?;
    }
    ControlFlow::Continue(())
}

/// Changes a struct whose fields `P` lists.
#[inline]
pub fn walk_parts_mut<F: Family, X, P: PartsOwned<F, X>, V: VisitorMut<F>>(
    tree: &mut X,
    ty: &'static NodeType,
    visitor: &mut V,
) -> ControlFlow<V::Break> {
    let present = present::<F, X, P>(tree, ty);
    let mut fields = Walk { visitor, present, index: 0, child: 0, flow: None };
    P::walk_fields_mut(tree, &mut fields);
    fields.end()
}

/// Takes apart a struct whose fields `P` lists.
#[inline]
pub fn into_parts<F: Family, X, P: PartsOwned<F, X>, V: VisitorOwned<F>>(
    tree: X,
    ty: &'static NodeType,
    visitor: &mut V,
) -> ControlFlow<V::Break> {
    let present = present::<F, X, P>(&tree, ty);
    visitor.enter(&Node::Struct { ty, present, statics: P::statics(&tree) })?;
    let mut fields = Walk { visitor: &mut *visitor, present, index: 0, child: 0, flow: None };
    P::into_fields(tree, &mut fields);
    fields.end()?;
    visitor.exit()
}

/// Rebuilds a struct whose fields `P` lists; `statics` says whether it has static fields.
#[inline]
pub fn rebuild_parts<F: Family, X, P: PartsOwned<F, X>, S: Source<F>>(
    ty: &'static NodeType,
    statics: bool,
    source: &mut S,
) -> Result<X, UnflattenError> {
    let present = source.node(ty)?;
    let statics = if statics { source.statics(ty)? } else { serde_json::Value::Null };
    P::rebuild_fields(&mut Rebuilder { source, ty, variant: 0, present, index: 0, statics })
}

/// [`OwnedTree::rebuild`] of an enum: one type and one tag per variant.
#[inline]
pub fn rebuild_enum<F: Family, X: OwnedTree<F>, S: Source<F>>(
    types: &'static [NodeType],
    tags: &'static [&'static str],
    source: &mut S,
) -> Result<X, UnflattenError> {
    let variant = source.variant(types, tags)?;
    let Some(ty) = types.get(variant) else {
        return Err(source.fail(Mismatch::Next("one of the variants of an enum")));
    };
    let present = source.node(ty)?;
    let statics = source.statics(ty)?;
    X::rebuild_fields(&mut Rebuilder { source, ty, variant, present, index: 0, statics })
}

/// Rebuilds the fields of a struct, one after another.
pub struct Rebuilder<'s, S> {
    source: &'s mut S,
    ty: &'static NodeType,
    variant: usize,
    present: Present,
    index: usize,
    statics: serde_json::Value,
}

impl<S> Rebuilder<'_, S> {
    /// The index of the variant, when an enum is rebuilt.
    pub fn variant(&self) -> usize {
        self.variant
    }

    /// The next child field: rebuilt if the spec has it, `None` if the spec lists it as `None`.
    #[inline]
    pub fn field<F: Family, X: OwnedTree<F>>(&mut self) -> Result<X, UnflattenError>
    where
        S: Source<F>,
    {
        self.with::<F, X, Own>()
    }

    /// The next child field, rebuilt as `W` rebuilds it.
    #[inline]
    pub fn with<F: Family, X, W: WithOwned<F, X>>(&mut self) -> Result<X, UnflattenError>
    where
        S: Source<F>,
    {
        let index = self.index;
        self.index += 1;
        if self.present.has(index) {
            return W::rebuild(self.source);
        }
        W::from_none().ok_or_else(|| match self.ty.fields.get(index) {
            Some(field) => self.source.fail(Mismatch::NotOptional { ty: self.ty, field }),
            None => self.source.fail(Mismatch::Next(self.ty.rust_name)),
        })
    }

    /// The static field of this name.
    pub fn static_field<F: Family, X: serde::de::DeserializeOwned>(
        &mut self,
        name: &'static str,
    ) -> Result<X, UnflattenError>
    where
        S: Source<F>,
    {
        let value = self.statics.get_mut(name).map(serde_json::Value::take).unwrap_or_default();
        serde_json::from_value(value)
            .map_err(|e| self.source.fail(Mismatch::Static { ty: self.ty, field: name, message: e.to_string() }))
    }

    /// The error for a type that is not a struct.
    pub fn no_struct<F: Family>(&self) -> UnflattenError
    where
        S: Source<F>,
    {
        self.source.fail(Mismatch::Next(self.ty.rust_name))
    }
}

/// Which fields are present: those of a dataclass that are not `None`, and all fields of any other node.
#[inline]
fn present<F: Family, X, P: Parts<F, X>>(tree: &X, ty: &NodeType) -> Present {
    if ty.kind != Kind::Dataclass {
        return Present::all(ty.fields.len());
    }
    let mut found = Walk { visitor: &mut (), present: Present::all(ty.fields.len()), index: 0, child: 0, flow: None };
    P::walk_fields(tree, &mut found);
    found.present
}

/// A walk over fields: its position, and its early end if there was one.
struct Walk<'v, V, B> {
    visitor: &'v mut V,
    present: Present,
    index: usize,
    child: usize,
    flow: Option<B>,
}

impl<V, B> Walk<'_, V, B> {
    /// Steps to the next field; true if the field is walked.
    #[inline(always)]
    fn step(&mut self) -> bool {
        let walked = self.flow.is_none() && self.present.has(self.index);
        self.index += 1;
        self.child += usize::from(walked);
        walked
    }

    #[inline(always)]
    fn keep(&mut self, flow: ControlFlow<B>) {
        self.flow = flow.break_value();
    }

    #[inline(always)]
    fn end(self) -> ControlFlow<B> {
        self.flow.map_or(ControlFlow::Continue(()), ControlFlow::Break)
    }
}

/// Without a visitor the walk only finds the fields that are `None`, and drops them from `present`.
impl<'a, F: Family> Fields<'a, F> for Walk<'_, (), std::convert::Infallible> {
    #[inline(always)]
    fn with<X, W: With<F, X>>(&mut self, field: &'a X) {
        if W::is_none(field) {
            self.present = self.present.without(self.index);
        }
        self.index += 1;
    }
}

/// A walk that shows fields to a visitor.
struct Shown<'v, V, B>(Walk<'v, V, B>);

impl<'a, F: Family, V: Visitor<'a, F>> Fields<'a, F> for Shown<'_, V, V::Break> {
    #[inline(always)]
    fn with<X, W: With<F, X>>(&mut self, field: &'a X) {
        if self.0.step() {
            self.0.visitor.child(self.0.child - 1);
            let flow = W::walk(field, self.0.visitor);
            self.0.keep(flow);
        }
    }
}

impl<F: Family, V: VisitorMut<F>> FieldsMut<F> for Walk<'_, V, V::Break> {
    #[inline(always)]
    fn with<X, W: WithOwned<F, X>>(&mut self, field: &mut X) {
        if self.step() {
            let flow = W::walk_mut(field, self.visitor);
            self.keep(flow);
        }
    }
}

impl<F: Family, V: VisitorOwned<F>> FieldsOwned<F> for Walk<'_, V, V::Break> {
    #[inline(always)]
    fn with<X, W: WithOwned<F, X>>(&mut self, field: X) {
        if self.step() {
            let flow = W::into_walk(field, self.visitor);
            self.keep(flow);
        }
    }
}

/// Walks a value as its own type does.
pub(crate) struct Own;

impl<F: Family, X: PyTree<F>> With<F, X> for Own {
    #[inline(always)]
    fn walk<'a, V: Visitor<'a, F>>(tree: &'a X, visitor: &mut V) -> ControlFlow<V::Break> {
        tree.walk(visitor)
    }

    #[inline(always)]
    fn is_none(tree: &X) -> bool {
        tree.is_none()
    }
}

impl<F: Family, X: OwnedTree<F>> WithOwned<F, X> for Own {
    #[inline(always)]
    fn walk_mut<V: VisitorMut<F>>(tree: &mut X, visitor: &mut V) -> ControlFlow<V::Break> {
        tree.walk_mut(visitor)
    }

    #[inline(always)]
    fn into_walk<V: VisitorOwned<F>>(tree: X, visitor: &mut V) -> ControlFlow<V::Break> {
        tree.into_walk(visitor)
    }

    #[inline(always)]
    fn rebuild<S: Source<F>>(source: &mut S) -> Result<X, UnflattenError> {
        X::rebuild(source)
    }

    #[inline(always)]
    fn from_none() -> Option<X> {
        X::from_none()
    }
}

impl<F: Family, X: PyTree<F>> Parts<F, X> for Own {
    #[inline(always)]
    fn walk_fields<'a, W: Fields<'a, F>>(tree: &'a X, fields: &mut W) {
        tree.walk_fields(fields);
    }

    #[inline(always)]
    fn statics(tree: &X) -> Option<&dyn Statics> {
        tree.statics()
    }
}

impl<F: Family, X: OwnedTree<F>> PartsOwned<F, X> for Own {
    #[inline(always)]
    fn walk_fields_mut<W: FieldsMut<F>>(tree: &mut X, fields: &mut W) {
        tree.walk_fields_mut(fields);
    }

    #[inline(always)]
    fn into_fields<W: FieldsOwned<F>>(tree: X, fields: &mut W) {
        tree.into_fields(fields);
    }

    #[inline(always)]
    fn rebuild_fields<S: Source<F>>(fields: &mut Rebuilder<'_, S>) -> Result<X, UnflattenError> {
        X::rebuild_fields(fields)
    }
}
