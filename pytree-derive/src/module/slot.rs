//! Slots: how a call keeps an argument that forward borrows.

use crate::ctxt::Ctxt;
use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericArgument, PathArguments, Type};

/// The owned type of an argument, and how forward gets it.
pub(crate) struct Slot {
    pub(crate) ty: TokenStream,
    pub(crate) pass: Pass,
}

/// How a slot, borrowed, becomes the argument.
#[derive(Clone, Copy)]
pub(crate) enum Pass {
    /// `&T` from `T`, `&[T]` from `Vec<T>`, `&str` from `String`.
    Borrow,
    /// A number by value.
    Copy,
    /// `Option<&T>` from `Option<T>`.
    AsRef,
    /// `Option<&[T]>` and `Option<&str>`.
    AsDeref,
}

const BY_REFERENCE: &str = "take it by reference: export calls forward many times with the same arguments";

impl Slot {
    /// The slot of a parameter of type `ty`.
    pub(crate) fn of(cx: &Ctxt, ty: &Type) -> Option<Slot> {
        match unparenthesized(ty) {
            Type::Reference(reference) => {
                if let Some(mutable) = &reference.mutability {
                    cx.error(
                        mutable,
                        "forward cannot change its arguments: torch.export takes them as values; use `&`",
                    );
                    return None;
                }
                let (ty, _) = owned(cx, &reference.elem)?;
                Some(Slot { ty, pass: Pass::Borrow })
            }
            ty if is_number(ty) => Some(Slot { ty: ty.to_token_stream(), pass: Pass::Copy }),
            ty @ Type::ImplTrait(_) => {
                cx.error(ty, "`impl Trait` is no type that a call could keep: name the type, or `Value` for any tree");
                None
            }
            ty => match option(ty).map(unparenthesized) {
                Some(inner) if is_number(inner) => Some(Slot { ty: ty.to_token_stream(), pass: Pass::Copy }),
                Some(Type::Reference(reference)) if reference.mutability.is_none() => {
                    let (inner, unsized_) = owned(cx, &reference.elem)?;
                    let pass = if unsized_ { Pass::AsDeref } else { Pass::AsRef };
                    // Names of this crate stand where the user's type stands, so that errors do too.
                    Some(Slot { ty: quote_spanned!(ty.span()=> __p::Option<#inner>), pass })
                }
                _ => {
                    cx.error(ty, format_args!("{BY_REFERENCE} (`&T`, `Option<&T>`; `i64`, `f64` and `bool` by value)"));
                    None
                }
            },
        }
    }
}

/// The owned type of `T` in `&T`, and whether it is another one.
fn owned(cx: &Ctxt, ty: &Type) -> Option<(TokenStream, bool)> {
    let ty = unparenthesized(ty);
    let (tokens, unsized_) = match ty {
        Type::Slice(slice) => {
            let item = &slice.elem;
            (quote_spanned!(slice.span()=> __p::Vec<#item>), true)
        }
        Type::Path(path) if path.path.is_ident("str") => (quote_spanned!(path.span()=> __p::String), true),
        Type::TraitObject(_) | Type::ImplTrait(_) => {
            cx.error(ty, "a call keeps its arguments, so it has to know their type: name it, or `Value` for any tree");
            return None;
        }
        ty => (ty.to_token_stream(), false),
    };
    if let Some(place) = borrowed(tokens.clone()) {
        let message = "a call owns its arguments, so this type may borrow nothing: `&[Tensor]` and not `&[&Tensor]`";
        cx.error(place, message);
        return None;
    }
    Some((tokens, unsized_))
}

/// The first `&`, or the apostrophe of the first lifetime.
fn borrowed(tokens: TokenStream) -> Option<TokenTree> {
    tokens.into_iter().find_map(|token| match &token {
        TokenTree::Punct(p) if matches!(p.as_char(), '&' | '\'') => Some(token),
        TokenTree::Group(group) => borrowed(group.stream()),
        _ => None,
    })
}

fn is_number(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if ["i64", "f64", "bool"].iter().any(|name| path.path.is_ident(name)))
}

/// `T` of `Option<T>`.
fn option(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|s| s.ident == "Option")?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first()? {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        },
        _ => None,
    }
}

/// The type without parentheses, and without the invisible ones of a `macro_rules` variable.
fn unparenthesized(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => unparenthesized(&inner.elem),
        Type::Group(inner) => unparenthesized(&inner.elem),
        ty => ty,
    }
}
