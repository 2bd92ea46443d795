//! What a type means as a node, once every rule holds.

mod kind;
mod param;
mod role;

pub(crate) use param::{Param, names_family, with_family};
pub(crate) use role::{NodeField, Role};

use super::ast::{Input, Style};
use crate::ctxt::Ctxt;
use crate::name::plain;
use crate::root::Root;
use kind::Kind;
use std::collections::HashMap;
use syn::{Generics, Ident, Path, WherePredicate};

/// A type as a node.
pub(crate) struct Node<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    pub(crate) root: &'a Root,
    pub(crate) kind: &'static Kind,
    /// The serialized name, if one is given.
    pub(crate) name: Option<String>,
    pub(crate) family: Family<'a>,
    /// Only `PyTree` is written, without `OwnedTree`.
    pub(crate) borrow_only: bool,
    /// The predicates that replace the bounds inferred from the fields.
    pub(crate) bound: Option<&'a [WherePredicate]>,
    /// The type that this one only describes.
    pub(crate) remote: Option<&'a Path>,
    pub(crate) params: Vec<Param<'a>>,
    pub(crate) is_enum: bool,
    pub(crate) variants: Vec<NodeVariant<'a>>,
}

/// One variant of an enum, or the whole struct.
pub(crate) struct NodeVariant<'a> {
    pub(crate) ident: &'a Ident,
    /// Its name in the context.
    pub(crate) tag: String,
    pub(crate) fields: Vec<NodeField<'a>>,
}

/// Which tensors the node holds.
pub(crate) enum Family<'a> {
    /// Whatever its type parameters hold.
    Any,
    /// Those of the family in `family = ..`.
    Named(&'a Path),
    /// `tch::Tensor`.
    Tch,
}

impl<'a> Node<'a> {
    /// The node. It is valid only if `cx` has no mistakes afterwards.
    pub(crate) fn check(cx: &Ctxt, input: &'a Input<'a>) -> Self {
        let Input { ident, generics, root, attrs, is_enum, .. } = input;
        if let Some(packed) = attrs.packed {
            cx.error(packed, "a packed struct cannot be a tree: its fields cannot be borrowed");
        }
        let kind = Kind::of(cx, input);
        let name = serialized_name(cx, input, kind);
        let variants: Vec<NodeVariant<'a>> = input
            .variants
            .iter()
            .map(|variant| NodeVariant {
                ident: variant.ident,
                tag: variant.attrs.rename.as_ref().map_or_else(|| plain(variant.ident), |r| r.value.value()),
                fields: role::fields(cx, input, variant, kind),
            })
            .collect();
        unique_tags(cx, input, &variants);
        remote(cx, input);
        let params = param::params(cx, input, &variants);
        let children = |v: &NodeVariant<'_>| v.fields.iter().any(|f| f.role.has_children());
        let family = match &attrs.family {
            Some(family) => Family::Named(&family.value),
            None if params.iter().any(|p| p.tree) => Family::Any,
            None if attrs.bound.as_ref().is_some_and(|b| b.value.iter().any(names_family)) => Family::Any,
            // Without children there is no tensor, so the type is a tree of every family.
            None if !variants.iter().any(children) => Family::Any,
            None => Family::Tch,
        };
        Node {
            ident,
            generics,
            root,
            kind,
            name,
            family,
            borrow_only: attrs.borrow_only.is_some() || generics.lifetimes().next().is_some(),
            bound: attrs.bound.as_ref().map(|b| b.value.as_slice()),
            remote: attrs.remote.as_ref().map(|r| &r.value),
            params,
            is_enum: *is_enum,
            variants,
        }
    }
}

fn serialized_name(cx: &Ctxt, input: &Input<'_>, kind: &Kind) -> Option<String> {
    let name = input.attrs.name.as_ref()?;
    let text = name.value.value();
    if !kind.class {
        let word = kind.noun();
        let message = format_args!(
            "a {word} has no serialized name: remove `name`, or make it a class with `as = \"dataclass\"`"
        );
        cx.error(&name.key, message);
    } else if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control()) || text.contains("::") {
        cx.error(&name.value, "a serialized name is written as in Python: `module.Type`, without spaces or `::`");
    }
    Some(text)
}

/// Every variant needs a tag of its own, since a spec names it by that alone.
fn unique_tags(cx: &Ctxt, input: &Input<'_>, variants: &[NodeVariant<'_>]) {
    let mut seen: HashMap<&str, &Ident> = HashMap::new();
    for (variant, written) in variants.iter().zip(&input.variants) {
        if let Some(other) = seen.insert(&variant.tag, variant.ident) {
            let renamed = written.attrs.rename.is_some();
            let cure = if renamed { "choose another `rename`" } else { "give one of them a `rename`" };
            let message = format_args!("the name \"{}\" is already taken by variant `{other}`: {cure}", variant.tag);
            match &written.attrs.rename {
                Some(rename) => cx.error(&rename.value, message),
                None => cx.error(variant.ident, message),
            }
        }
    }
}

/// A foreign type is described by a struct with the same fields.
fn remote(cx: &Ctxt, input: &Input<'_>) {
    let Some(remote) = &input.attrs.remote else { return };
    if input.is_enum {
        let message =
            "`remote` can only describe a struct: walk a foreign enum with the functions of a module, `with = ..`";
        cx.error(&remote.key, message);
    } else if input.variants.iter().any(|v| v.style == Style::Unit) {
        cx.error(&remote.key, "`remote` describes a struct by its fields, but this struct has none");
    }
}
