//! What each type parameter is used for: the bound that it gets, and whether mapping replaces it.

use super::NodeVariant;
use super::role::Role;
use crate::ctxt::Ctxt;
use crate::derive::ast::Input;
use crate::ty;
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericParam, Type, TypeParam, WherePredicate};

/// A type parameter and the roles of the fields that mention it.
pub(crate) struct Param<'a> {
    pub(crate) param: &'a TypeParam,
    /// A child mentions it: it must be a tree, and mapping replaces it.
    pub(crate) tree: bool,
    /// A static field mentions it.
    pub(crate) fixed: bool,
}

/// The type parameters with their uses; mistakes go to `cx`.
pub(super) fn params<'a>(cx: &Ctxt, input: &Input<'a>, variants: &[NodeVariant<'a>]) -> Vec<Param<'a>> {
    let bound = input.attrs.bound.is_some();
    let tokens = |ty: &Type| ty::without_recursion(ty.to_token_stream(), input.ident);
    let unused = |param: &'a GenericParam| match param {
        GenericParam::Type(param) => Some(Param { param, tree: false, fixed: false }),
        _ => None,
    };
    let mut params: Vec<Param<'a>> = input.generics.params.iter().filter_map(unused).collect();
    let fields = || variants.iter().flat_map(|v| &v.fields);
    for param in &mut params {
        let ident = &param.param.ident;
        for field in fields().filter(|f| ty::mentions(tokens(f.ty), ident)) {
            match field.role {
                Role::Child(_) | Role::Flatten => {
                    if !bound {
                        refuse_projection(cx, field.ty, ident);
                    }
                    param.tree = true;
                }
                Role::Static(_) => param.fixed = true,
                Role::Leaf(_) | Role::With(..) | Role::Skip(_) => {}
            }
        }
        if param.tree && param.fixed && !bound {
            for field in fields().filter(|f| matches!(f.role, Role::Static(_))) {
                if ty::mentions(tokens(field.ty), ident) {
                    let message = format_args!(
                        "`{ident}` is part of a child, so a static field cannot use it: give the static field a parameter of its own"
                    );
                    cx.error(field.ty, message);
                }
            }
        }
    }
    params
}

/// Reports an associated type of a parameter (`T::Item`): no bound on `T` makes that a tree.
fn refuse_projection(cx: &Ctxt, ty: &Type, ident: &Ident) {
    if let Some(place) = ty::projection(ty.to_token_stream(), ident) {
        let message = format_args!(
            "an associated type of `{ident}` is not known to be a tree: use the tensor type itself as the parameter, or add `bound = \"..\"`"
        );
        cx.error(place, message);
    }
}

/// Whether a predicate of `bound = ".."` mentions the family, as `_`.
pub(crate) fn names_family(predicate: &WherePredicate) -> bool {
    ty::mentions(predicate.to_token_stream(), &Ident::new("_", Span::call_site()))
}

/// A predicate of `bound = ".."` with the family in the place of `_`.
pub(crate) fn with_family(tokens: TokenStream, family: &TokenStream) -> TokenStream {
    let put = |token| match token {
        TokenTree::Group(group) => {
            TokenTree::Group(Group::new(group.delimiter(), with_family(group.stream(), family))).into()
        }
        TokenTree::Ident(ident) if ident == "_" => family.clone(),
        other => TokenStream::from(other),
    };
    tokens.into_iter().flat_map(put).collect()
}
