//! Where a type mentions a parameter.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};

/// Whether `tokens` mention the parameter `ident`: as a type of its own, not as part of a path or a lifetime.
pub(crate) fn mentions(tokens: TokenStream, ident: &Ident) -> bool {
    find(tokens, ident).is_some()
}

/// Whether an identifier is among the tokens.
pub(crate) fn contains(tokens: TokenStream, ident: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => contains(group.stream(), ident),
        TokenTree::Ident(found) => found == *ident,
        _ => false,
    })
}

/// Where `ty` goes through the parameter `ident` to an associated type of its trait: `T::Item`, `<T as Trait>::Item`.
pub(crate) fn projection(ty: TokenStream, ident: &Ident) -> Option<Ident> {
    find(ty, ident).and_then(|(place, through)| through.then_some(place))
}

/// `tokens` without the arguments of the type `own` itself: recursion uses a parameter in no further way.
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

/// The first use of `ident`, and whether it is a projection; a projection if there is one.
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
