//! `Option` in the types that a user writes.

use crate::ctxt::Ctxt;
use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{GenericArgument, PathArguments, PathSegment, Type};

/// `T` of `Option<T>`.
pub(crate) fn inner(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    inner_types(path.path.segments.last().filter(|s| s.ident == "Option")?).next()
}

/// The types in the brackets of the last name of a path.
pub(super) fn inner_types(last: &PathSegment) -> impl Iterator<Item = &Type> {
    let arguments = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments.into_iter().flatten().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// Reports an `Option` directly inside another, anywhere in a type. One behind an alias or a parameter is refused by the
/// trait, when the tree is used.
pub(crate) fn refuse_double(cx: &Ctxt, ty: TokenStream) {
    let mut outer = None;
    // The last name of the path being read, and the `Option` that directly holds it.
    let mut last: Option<Ident> = None;
    for token in ty {
        match token {
            TokenTree::Group(group) => {
                refuse_double(cx, group.stream());
                (outer, last) = (None, None);
            }
            TokenTree::Ident(ident) => last = Some(ident),
            TokenTree::Punct(p) if p.as_char() == '<' => {
                let option = last.take().filter(|name| name == "Option");
                if let (Some(_), Some(inner)) = (&outer, &option) {
                    cx.error(inner, "`Option<Option<T>>` is not a tree: Python has only one `None`, so both levels would become the same; use one `Option`, or an enum with a variant for each case");
                }
                outer = option;
            }
            TokenTree::Punct(p) if p.as_char() == ':' => {}
            _ => (outer, last) = (None, None),
        }
    }
}
