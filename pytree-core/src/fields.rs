//! The fields of a struct, one after another: what the derive writes in terms of.
//!
//! A derived type lists its fields once per way of walking, without control flow of its own: type and borrow checks of
//! a list of plain calls are several times cheaper than of as many `?`. What a list does is decided here: an early end
//! is kept, and the fields after it are passed over.

use crate::{Family, Kind, Node, NodeType, OwnedTree, Present, PyTree, Source, UnflattenError};
use crate::{Visitor, VisitorMut, VisitorOwned};
use std::ops::ControlFlow;

/// Who is shown the fields of a struct.
pub trait Fields<'a, F: Family> {
    /// The next child field.
    fn field<X: PyTree<F>>(&mut self, field: &'a X);
}

/// Who is shown the fields of a struct, to change them.
pub trait FieldsMut<F: Family> {
    /// The next child field.
    fn field<X: OwnedTree<F>>(&mut self, field: &mut X);
}

/// Who is given the fields of a struct.
pub trait FieldsOwned<F: Family> {
    /// The next child field.
    fn field<X: OwnedTree<F>>(&mut self, field: X);
}

/// Which fields are present: those of a dataclass that are not `None`, all fields of another node.
#[inline]
fn present<F: Family, X: PyTree<F>>(tree: &X, ty: &NodeType) -> Present {
    if ty.kind != Kind::Dataclass {
        return Present::all(ty.fields.len());
    }
    let mut found = Walk { visitor: &mut (), present: Present::all(ty.fields.len()), index: 0, child: 0, flow: None };
    tree.walk_fields(&mut found);
    found.present
}

/// A walk over fields: where it is, and how it ended if it did.
struct Walk<'v, V, B> {
    visitor: &'v mut V,
    present: Present,
    index: usize,
    child: usize,
    flow: Option<B>,
}

impl<V, B> Walk<'_, V, B> {
    /// Steps over the next field; whether it is to be walked.
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

/// Without a visitor: drops the fields that are `None`.
impl<'a, F: Family> Fields<'a, F> for Walk<'_, (), std::convert::Infallible> {
    #[inline(always)]
    fn field<X: PyTree<F>>(&mut self, field: &'a X) {
        if field.is_none() {
            self.present = self.present.without(self.index);
        }
        self.index += 1;
    }
}

/// A visitor that is shown fields.
struct Shown<'v, V, B>(Walk<'v, V, B>);

impl<'a, F: Family, V: Visitor<'a, F>> Fields<'a, F> for Shown<'_, V, V::Break> {
    #[inline(always)]
    fn field<X: PyTree<F>>(&mut self, field: &'a X) {
        if self.0.step() {
            self.0.visitor.child(self.0.child - 1);
            let flow = field.walk(self.0.visitor);
            self.0.keep(flow);
        }
    }
}

impl<F: Family, V: VisitorMut<F>> FieldsMut<F> for Walk<'_, V, V::Break> {
    #[inline(always)]
    fn field<X: OwnedTree<F>>(&mut self, field: &mut X) {
        if self.step() {
            let flow = field.walk_mut(self.visitor);
            self.keep(flow);
        }
    }
}

impl<F: Family, V: VisitorOwned<F>> FieldsOwned<F> for Walk<'_, V, V::Break> {
    #[inline(always)]
    fn field<X: OwnedTree<F>>(&mut self, field: X) {
        if self.step() {
            let flow = field.into_walk(self.visitor);
            self.keep(flow);
        }
    }
}

/// [`PyTree::walk`] of a struct.
#[inline]
pub fn walk_struct<'a, F: Family, X: PyTree<F>, V: Visitor<'a, F>>(
    tree: &'a X,
    ty: &'static NodeType,
    visitor: &mut V,
) -> ControlFlow<V::Break> {
    let present = present(tree, ty);
    if visitor.enter(&Node::Struct { ty, present, statics: tree.statics() })? {
        let mut fields = Shown(Walk { visitor: &mut *visitor, present, index: 0, child: 0, flow: None });
        tree.walk_fields(&mut fields);
        fields.0.end()?;
        visitor.exit()?;
    }
    ControlFlow::Continue(())
}

/// [`OwnedTree::walk_mut`] of a struct.
#[inline]
pub fn walk_struct_mut<F: Family, X: OwnedTree<F>, V: VisitorMut<F>>(
    tree: &mut X,
    ty: &'static NodeType,
    visitor: &mut V,
) -> ControlFlow<V::Break> {
    let mut fields = Walk { visitor, present: present(tree, ty), index: 0, child: 0, flow: None };
    tree.walk_fields_mut(&mut fields);
    fields.end()
}

/// [`OwnedTree::into_walk`] of a struct.
#[inline]
pub fn into_struct<F: Family, X: OwnedTree<F>, V: VisitorOwned<F>>(
    tree: X,
    ty: &'static NodeType,
    visitor: &mut V,
) -> ControlFlow<V::Break> {
    let present = present(&tree, ty);
    visitor.enter(&Node::Struct { ty, present, statics: tree.statics() })?;
    let mut fields = Walk { visitor: &mut *visitor, present, index: 0, child: 0, flow: None };
    tree.into_fields(&mut fields);
    fields.end()?;
    visitor.exit()
}

/// [`OwnedTree::rebuild`] of a struct; `statics` says whether it has static fields.
#[inline]
pub fn rebuild_struct<F: Family, X: OwnedTree<F>, S: Source<F>>(
    ty: &'static NodeType,
    statics: bool,
    source: &mut S,
) -> Result<X, UnflattenError> {
    let present = source.node(ty)?;
    let statics = if statics { source.statics(ty)? } else { serde_json::Value::Null };
    X::rebuild_fields(&mut Rebuilder { source, ty, present, index: 0, statics })
}

/// What the fields of a struct are rebuilt from.
pub struct Rebuilder<'s, S> {
    source: &'s mut S,
    ty: &'static NodeType,
    present: Present,
    index: usize,
    statics: serde_json::Value,
}

impl<S> Rebuilder<'_, S> {
    /// The next child field: rebuilt when the spec has it, None when the spec says that it was None.
    #[inline]
    pub fn field<F: Family, X: OwnedTree<F>>(&mut self) -> Result<X, UnflattenError>
    where
        S: Source<F>,
    {
        let index = self.index;
        self.index += 1;
        if self.present.has(index) {
            return X::rebuild(self.source);
        }
        X::from_none().ok_or_else(|| match self.ty.fields.get(index) {
            Some(field) => self.source.not_optional(self.ty, field),
            None => self.source.error(self.ty.rust_name),
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
        serde_json::from_value(value).map_err(|e| self.source.bad_static(self.ty, name, e.to_string()))
    }

    /// The error of a type that is no struct.
    pub fn no_struct<F: Family>(&self) -> UnflattenError
    where
        S: Source<F>,
    {
        self.source.error(self.ty.rust_name)
    }
}
