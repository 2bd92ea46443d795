//! Slots: how a call keeps an argument, and how forward gets it.

use crate::attr::Asked;
use crate::ctxt::Ctxt;
use crate::ty::{self, borrowed, refuse_double, unparenthesized};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericArgument, Path, PathArguments, Type};

/// The owned type of an argument, and how forward gets it.
pub(crate) struct Slot {
    /// The type of the argument, or of each one in `*args` and `**kwargs`.
    pub(crate) ty: TokenStream,
    pub(crate) holds: Holds,
    pub(crate) pass: Pass,
}

/// How many arguments a slot holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    One,
    /// `*args`
    VarArgs,
    /// `**kwargs`
    VarKwargs,
}

/// How a borrowed slot becomes the argument.
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
    /// `T` from a copy that shares the tensors.
    Share,
    /// `&mut T` from such a copy, which the call returns.
    ShareMut,
}

impl Slot {
    /// The slot of a parameter of type `ty`.
    pub(crate) fn of(cx: &Ctxt, ty: &Type, asked: Asked) -> Option<Slot> {
        let one = |ty, pass| Some(Slot { ty, holds: Holds::One, pass });
        let ty = unparenthesized(ty);
        refuse_double(cx, ty.to_token_stream());
        match (asked, ty) {
            (Asked::Args, ty) => args(cx, ty),
            (Asked::Kwargs, ty) => kwargs(cx, ty),
            (Asked::Returned, Type::Reference(reference)) if reference.mutability.is_some() => {
                let (tokens, unsized_) = owned(cx, &reference.elem)?;
                if unsized_ {
                    cx.error(
                        ty,
                        "forward may replace a returned argument as a whole: use `&mut Vec<T>`, not `&mut [T]`",
                    );
                    return None;
                }
                one(tokens, Pass::ShareMut)
            }
            (Asked::Returned, ty) => {
                cx.error(
                    ty,
                    "`#[returned]` takes `&mut T`, which forward changes; an argument taken by value is returned by forward itself",
                );
                None
            }
            (Asked::Nothing, Type::Reference(reference)) => {
                if let Some(mutable) = &reference.mutability {
                    let message = "a program does not change its arguments, it returns new values: put `#[returned]` before the parameter, to return the changed tree after the result, or use `&`";
                    cx.error(mutable, message);
                    return None;
                }
                one(owned(cx, &reference.elem)?.0, Pass::Borrow)
            }
            (_, ty) if is_number(ty) => one(ty.to_token_stream(), Pass::Copy),
            (_, ty @ Type::ImplTrait(_)) => {
                cx.error(ty, "a call cannot keep an `impl Trait`: name the type, or use `Value` for any tree");
                None
            }
            (_, ty) => match ty::inner(ty).map(unparenthesized) {
                Some(inner) if is_number(inner) => one(ty.to_token_stream(), Pass::Copy),
                Some(Type::Reference(reference)) if reference.mutability.is_none() => {
                    let (inner, unsized_) = owned(cx, &reference.elem)?;
                    let pass = if unsized_ { Pass::AsDeref } else { Pass::AsRef };
                    // The names of the library get the span of the user's type, so that errors point there.
                    one(quote_spanned!(at(ty)=> __p::Option<#inner>), pass)
                }
                _ => one(owned(cx, ty)?.0, Pass::Share),
            },
        }
    }

    /// Whether it may be left out without a `#[default]`: Python's `= None`.
    pub(crate) fn is_optional(&self, ty: &Type) -> bool {
        self.holds == Holds::One && ty::inner(unparenthesized(ty)).is_some()
    }

    /// The type of the slot in a call.
    pub(crate) fn holder(&self) -> TokenStream {
        let ty = &self.ty;
        match self.holds {
            Holds::One => quote!(__p::Option<#ty>),
            Holds::VarArgs => quote!(__p::VarArgs<#ty>),
            Holds::VarKwargs => quote!(__p::VarKwargs<#ty>),
        }
    }
}

/// `*args`: a slice, each item of which is an argument.
fn args(cx: &Ctxt, ty: &Type) -> Option<Slot> {
    match ty {
        Type::Reference(reference) if reference.mutability.is_none() => match unparenthesized(&reference.elem) {
            Type::Slice(slice) => {
                let (ty, _) = owned(cx, &slice.elem)?;
                Some(Slot { ty, holds: Holds::VarArgs, pass: Pass::Borrow })
            }
            other => not_args(cx, other),
        },
        other => not_args(cx, other),
    }
}

fn not_args(cx: &Ctxt, ty: &Type) -> Option<Slot> {
    cx.error(ty, "`#[args]` is Python's `*args` and takes a slice: `&[T]`");
    None
}

/// `**kwargs`: a map by name, each value of which is an argument.
fn kwargs(cx: &Ctxt, ty: &Type) -> Option<Slot> {
    const USAGE: &str = "`#[kwargs]` is Python's `**kwargs` and takes a map by name: `&IndexMap<String, T>`";
    let value = match ty {
        Type::Reference(reference) if reference.mutability.is_none() => match unparenthesized(&reference.elem) {
            Type::Path(path) => path.path.segments.last().and_then(|last| match &last.arguments {
                PathArguments::AngleBracketed(arguments) => {
                    match arguments.args.iter().collect::<Vec<_>>().as_slice() {
                        [GenericArgument::Type(_), GenericArgument::Type(value)] => Some(value),
                        _ => None,
                    }
                }
                _ => None,
            }),
            _ => None,
        },
        _ => None,
    };
    let Some(value) = value else {
        cx.error(ty, USAGE);
        return None;
    };
    let (ty, _) = owned(cx, value)?;
    Some(Slot { ty, holds: Holds::VarKwargs, pass: Pass::Borrow })
}

/// The owned type of `T` in `&T`, and whether it differs from `T`.
fn owned(cx: &Ctxt, ty: &Type) -> Option<(TokenStream, bool)> {
    let ty = unparenthesized(ty);
    let (tokens, unsized_) = match ty {
        Type::Slice(slice) => {
            let item = &slice.elem;
            (quote_spanned!(at(slice)=> __p::Vec<#item>), true)
        }
        Type::Path(path) if path.path.is_ident("str") => (quote_spanned!(at(path)=> __p::String), true),
        Type::TraitObject(_) | Type::ImplTrait(_) => {
            cx.error(
                ty,
                "a call keeps its arguments, so it must know their type: name the type, or use `Value` for any tree",
            );
            return None;
        }
        ty => (ty.to_token_stream(), false),
    };
    if let Some(place) = borrowed(tokens.clone()) {
        let message =
            "a call owns its arguments, so this type cannot borrow anything: use `&[Tensor]`, not `&[&Tensor]`";
        cx.error(place, message);
        return None;
    }
    Some((tokens, unsized_))
}

/// The place of a type, for names that the user did not write: no lint speaks of these.
fn at(ty: &impl Spanned) -> Span {
    Span::call_site().located_at(ty.span())
}

fn is_number(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if ["i64", "f64", "bool"].iter().any(|name| path.path.is_ident(name)))
}

/// Why a number or character of another type than torch's cannot be an argument. Only a family of the user's own could make
/// it one.
pub(super) fn refused_number(ty: &Type, family: Option<&Path>) -> Option<&'static str> {
    let last = family.and_then(|path| path.segments.last());
    if last.is_some_and(|last| last.ident != "Tch" && last.ident != "Meta") {
        return None;
    }
    let ty = if let Type::Reference(reference) = ty { &reference.elem } else { ty };
    match ty::hint(ty)? {
        "SmallNumber" => Some("forward takes numbers as `i64` or `f64`, as torch does: convert inside forward"),
        "LargeNumber" => Some("forward takes ints as `i64`, as torch does: convert inside forward"),
        "Character" => Some(
            "forward takes text as `&str`, since Python has no type for a single character: convert inside forward",
        ),
        _ => None,
    }
}
