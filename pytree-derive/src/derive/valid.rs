//! What a type means as a node, once every rule holds.

use super::ast::{Input, Style};
use super::kind::Kind;
use super::role::{self, NodeField, Role};
use crate::ctxt::Ctxt;
use crate::name::plain;
use crate::params::{self, Param};
use crate::root::Root;
use quote::ToTokens;
use std::collections::HashMap;
use syn::{GenericParam, Generics, Ident, Path, Type, WherePredicate};

/// A type as a node.
pub(crate) struct Node<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    pub(crate) root: &'a Root,
    pub(crate) kind: &'static Kind,
    /// The serialized name that was given.
    pub(crate) name: Option<String>,
    pub(crate) family: Family<'a>,
    /// Only `PyTree` is written, no `OwnedTree`.
    pub(crate) borrow_only: bool,
    /// What takes the place of the bounds that fields ask for.
    pub(crate) bound: Option<&'a [WherePredicate]>,
    /// The type that this one only describes.
    pub(crate) remote: Option<&'a Path>,
    pub(crate) params: Vec<Param<'a>>,
    pub(crate) is_enum: bool,
    pub(crate) variants: Vec<NodeVariant<'a>>,
}

/// One variant of an enum, or all of a struct.
pub(crate) struct NodeVariant<'a> {
    pub(crate) ident: &'a Ident,
    /// What the context says of it.
    pub(crate) tag: String,
    pub(crate) fields: Vec<NodeField<'a>>,
}

/// Which tensors it holds.
pub(crate) enum Family<'a> {
    /// Whatever its type parameters hold.
    Any,
    /// Those of the family that was named.
    Named(&'a Path),
    /// `tch::Tensor`.
    Tch,
}

impl<'a> Node<'a> {
    /// The node, to be trusted when no rule is broken; what is broken goes to `cx`.
    pub(crate) fn check(cx: &Ctxt, input: &'a Input<'a>) -> Self {
        packed(cx, input);
        let kind = Kind::of(cx, input);
        let name = serialized_name(cx, input, kind);
        let variants: Vec<NodeVariant<'a>> = input
            .variants
            .iter()
            .map(|variant| NodeVariant {
                ident: variant.ident,
                tag: variant.rename.as_ref().map_or_else(|| plain(variant.ident), |r| r.value.value()),
                fields: role::fields(cx, input, variant, kind),
            })
            .collect();
        tags(cx, input, &variants);
        remote(cx, input);
        let params = parameters(cx, input, &variants);
        let children = |v: &NodeVariant<'_>| v.fields.iter().any(|f| f.role.child().is_some() || f.role.is_flatten());
        let family = match &input.family {
            Some(family) => Family::Named(&family.value),
            None if params.iter().any(|p| p.tree) => Family::Any,
            None if input.bound.as_ref().is_some_and(|b| b.value.iter().any(params::names_family)) => Family::Any,
            // Without children there is no tensor, so all families are the same.
            None if !variants.iter().any(children) => Family::Any,
            None => Family::Tch,
        };
        let borrow_only = input.borrow_only.is_some() || input.generics.lifetimes().next().is_some();
        let Input { ident, generics, root, is_enum, .. } = input;
        let bound = input.bound.as_ref().map(|b| b.value.as_slice());
        let remote = input.remote.as_ref().map(|r| &r.value);
        Node {
            ident,
            generics,
            root,
            kind,
            name,
            family,
            borrow_only,
            bound,
            remote,
            params,
            is_enum: *is_enum,
            variants,
        }
    }
}

impl Role<'_> {
    fn is_flatten(&self) -> bool {
        matches!(self, Role::Flatten)
    }
}

/// The fields of a packed struct cannot be borrowed.
fn packed(cx: &Ctxt, input: &Input<'_>) {
    for attribute in input.attributes.iter().filter(|a| a.path().is_ident("repr")) {
        if params::mentions(attribute.meta.to_token_stream(), &Ident::new("packed", input.ident.span())) {
            cx.error(attribute, "a packed struct cannot be walked: its fields cannot be borrowed");
        }
    }
}

fn serialized_name(cx: &Ctxt, input: &Input<'_>, kind: &Kind) -> Option<String> {
    let name = input.name.as_ref()?;
    let text = name.value.value();
    if !kind.class {
        let word = kind.noun();
        cx.error(&name.key, format_args!("a {word} has no serialized name: drop `name`, or say `as = \"dataclass\"`"));
    } else if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control()) || text.contains("::") {
        cx.error(&name.value, "a serialized name is written as in Python: `module.Type`, without spaces or `::`");
    }
    Some(text)
}

/// A variant is known by its tag alone.
fn tags(cx: &Ctxt, input: &Input<'_>, variants: &[NodeVariant<'_>]) {
    let mut seen: HashMap<&str, &Ident> = HashMap::new();
    for (variant, written) in variants.iter().zip(&input.variants) {
        if let Some(other) = seen.insert(&variant.tag, variant.ident) {
            let message = format_args!("the name \"{}\" is taken by variant `{other}`", variant.tag);
            match &written.rename {
                Some(rename) => cx.error(&rename.value, message),
                None => cx.error(variant.ident, message),
            }
        }
    }
}

/// A description of a foreign type is a struct whose fields are those of the type.
fn remote(cx: &Ctxt, input: &Input<'_>) {
    let Some(remote) = &input.remote else { return };
    if input.is_enum {
        cx.error(
            &remote.key,
            "`remote` describes a struct: walk a foreign enum by the functions of a module, `with = ..`",
        );
    }
    if !input.is_enum && input.variants.iter().any(|v| v.style == Style::Unit) {
        cx.error(&remote.key, "`remote` describes a struct by its fields, and this one has none");
    }
}

/// What the type parameters are used for.
fn parameters<'a>(cx: &Ctxt, input: &Input<'a>, variants: &[NodeVariant<'a>]) -> Vec<Param<'a>> {
    let tokens = |ty: &Type| params::without_recursion(ty.to_token_stream(), input.ident);
    let of_type = |param: &'a GenericParam| match param {
        GenericParam::Type(param) => Some(Param::new(param)),
        _ => None,
    };
    let mut params: Vec<Param<'a>> = input.generics.params.iter().filter_map(of_type).collect();
    let fields = || variants.iter().flat_map(|v| &v.fields);
    for param in &mut params {
        let ident = &param.param.ident;
        for field in fields().filter(|f| params::mentions(tokens(f.ty), ident)) {
            match field.role {
                Role::Child(_) | Role::Flatten => {
                    if input.bound.is_none() {
                        params::refuse_projection(cx, field.ty, ident);
                    }
                    param.tree = true;
                }
                Role::Static(_) => param.fixed = true,
                Role::Leaf(_) | Role::With(..) | Role::Skip(_) => {}
            }
        }
        if param.tree && param.fixed && input.bound.is_none() {
            for field in fields().filter(|f| matches!(f.role, Role::Static(_))) {
                if params::mentions(tokens(field.ty), ident) {
                    let message = format_args!(
                        "`{ident}` stands for what the tree holds, so a static field cannot be made of it: give the field a parameter of its own"
                    );
                    cx.error(field.ty, message);
                }
            }
        }
    }
    params
}
