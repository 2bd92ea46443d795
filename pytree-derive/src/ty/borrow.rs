//! What a type borrows.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// The lifetimes in a type, in order and without their apostrophes.
///
/// A char literal is a token of its own, and a block is a constant, in which `'name` is the label of a loop.
pub(crate) fn lifetimes(ty: TokenStream) -> Vec<Ident> {
    let mut found = Vec::new();
    let mut tokens = ty.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match (token, tokens.peek()) {
            (TokenTree::Punct(p), Some(TokenTree::Ident(name))) if p.as_char() == '\'' => found.push(name.clone()),
            (TokenTree::Group(group), _) if group.delimiter() != Delimiter::Brace => {
                found.extend(lifetimes(group.stream()));
            }
            _ => {}
        }
    }
    found
}

/// The first `&`, or the apostrophe of the first lifetime.
pub(crate) fn borrowed(ty: TokenStream) -> Option<TokenTree> {
    ty.into_iter().find_map(|token| match &token {
        TokenTree::Punct(p) if matches!(p.as_char(), '&' | '\'') => Some(token),
        TokenTree::Group(group) => borrowed(group.stream()),
        _ => None,
    })
}

/// The first `&` of a reference that may not live forever, or the apostrophe of the first lifetime but `'static`.
pub(crate) fn borrowed_for_a_time(ty: TokenStream) -> Option<TokenTree> {
    let mut tokens = ty.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match (&token, tokens.peek()) {
            // A reference with a lifetime is judged by that.
            (TokenTree::Punct(p), Some(TokenTree::Punct(next))) if p.as_char() == '&' && next.as_char() == '\'' => {}
            (TokenTree::Punct(p), _) if p.as_char() == '&' => return Some(token),
            (TokenTree::Punct(p), Some(TokenTree::Ident(name))) if p.as_char() == '\'' && name != "static" => {
                return Some(token);
            }
            (TokenTree::Group(group), _) => {
                if let Some(found) = borrowed_for_a_time(group.stream()) {
                    return Some(found);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{borrowed_for_a_time, lifetimes};
    use quote::quote;

    #[test]
    fn what_lives_forever_is_as_good_as_owned() {
        for (tokens, expected) in [
            (quote!(&'static str), false),
            (quote!(Box<dyn Error + Send + 'static>), false),
            (quote!(String), false),
            (quote!(&str), true),
            (quote!((i64, &'a str)), true),
            (quote!(Box<dyn Error + 'a>), true),
        ] {
            assert_eq!(borrowed_for_a_time(tokens.clone()).is_some(), expected, "{tokens}");
        }
    }

    #[test]
    fn only_lifetimes_are_lifetimes() {
        for (tokens, expected) in [
            (quote!(&'a str), &["a"][..]),
            (quote!(Cow<'static, [View<'_, 'b>]>), &["static", "_", "b"]),
            (quote!(for<'c> fn(&'c str) -> (i64, &'c str)), &["c", "c", "c"]),
            (quote!(&str), &[]),
            // Chars: as the argument of a const parameter, in a constant, as a byte, and those that need an escape.
            (quote!(Marked<'x'>), &[]),
            (quote!(Marked<{ 'x' }>), &[]),
            (quote!([u8; b'x' as usize]), &[]),
            (quote!(Marked<'\''>), &[]),
            (quote!(Pair<'a, 'a'>), &["a"]),
            // A label of a loop in a constant, which may have the name of a lifetime.
            (
                quote!(
                    [&'b u8; {
                        'a: loop {
                            break 'a 2;
                        }
                    }]
                ),
                &["b"],
            ),
        ] {
            let found: Vec<String> = lifetimes(tokens.clone()).iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{tokens}");
        }
    }
}
