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

#[cfg(test)]
mod tests {
    use super::lifetimes;
    use quote::quote;

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
