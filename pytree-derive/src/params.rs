//! What each type parameter is used for: the bound it gets, and whether mapping replaces it.

use crate::ctxt::Ctxt;
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Type, TypeParam, WherePredicate};

/// A type parameter and the roles of the fields that mention it.
pub(crate) struct Param<'a> {
    pub(crate) param: &'a TypeParam,
    /// In a child: it is a tree, and mapping replaces it.
    pub(crate) tree: bool,
    /// In a static field.
    pub(crate) fixed: bool,
}

impl<'a> Param<'a> {
    pub(crate) fn new(param: &'a TypeParam) -> Self {
        Param { param, tree: false, fixed: false }
    }
}

/// `tokens` without the arguments of the type `own` itself: recursion puts its parameters to no further use.
pub(crate) fn without_recursion(tokens: TokenStream, own: &Ident) -> TokenStream {
    let mut kept = TokenStream::new();
    let (mut depth, mut recursive) = (0_usize, false);
    for token in tokens {
        let (opens, closes) = match &token {
            TokenTree::Punct(p) => (p.as_char() == '<', p.as_char() == '>'),
            _ => (false, false),
        };
        if recursive && opens || depth > 0 {
            depth = if opens { depth + 1 } else { depth - usize::from(closes) };
            recursive = false;
            continue;
        }
        recursive = matches!(&token, TokenTree::Ident(ident) if ident == own || ident == "Self");
        kept.extend([match token {
            TokenTree::Group(group) => {
                TokenTree::Group(Group::new(group.delimiter(), without_recursion(group.stream(), own)))
            }
            other => other,
        }]);
    }
    kept
}

/// Whether `tokens` name the parameter `ident`: as a type of its own, not as part of a path or a lifetime.
pub(crate) fn mentions(tokens: TokenStream, ident: &Ident) -> bool {
    find(tokens, ident).is_some()
}

/// Whether a predicate of `bound = ".."` names the family, as `_`.
pub(crate) fn names_family(predicate: &WherePredicate) -> bool {
    mentions(predicate.to_token_stream(), &Ident::new("_", Span::call_site()))
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

/// Notes where `ty` goes through a parameter to a type of its trait (`T::Item`): no bound on `T` makes that a tree.
pub(crate) fn refuse_projection(cx: &Ctxt, ty: &Type, ident: &Ident) {
    if let Some((place, true)) = find(ty.to_token_stream(), ident) {
        let message = format_args!(
            "an associated type of `{ident}` is not known to be a tree: make the tensor type itself the parameter, or say `bound = \"..\"`"
        );
        cx.error(place, message);
    }
}

/// The first use of `ident`, and whether it is a projection.
fn find(tokens: TokenStream, ident: &Ident) -> Option<(Ident, bool)> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let punct = |i: Option<usize>, c: char| matches!(i.and_then(|i| tokens.get(i)), Some(TokenTree::Punct(p)) if p.as_char() == c);
    let mut first = None;
    for (i, token) in tokens.iter().enumerate() {
        let found = match token {
            TokenTree::Group(group) => find(group.stream(), ident),
            TokenTree::Ident(found) if found == ident => {
                let before = |back: usize, c: char| punct(i.checked_sub(back), c);
                let inside_path = before(1, '\'') || (before(1, ':') && before(2, ':'));
                let through = (punct(Some(i + 1), ':') && punct(Some(i + 2), ':'))
                    || (before(1, '<') && matches!(tokens.get(i + 1), Some(TokenTree::Ident(word)) if word == "as"));
                (!inside_path).then(|| (found.clone(), through))
            }
            _ => None,
        };
        match found {
            Some((_, true)) => return found,
            Some(_) if first.is_none() => first = found,
            _ => {}
        }
    }
    first
}
