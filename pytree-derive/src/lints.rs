//! The lint `deprecated`, which an expansion allows only where the user's own attributes mention it: a crate may forbid it.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;

/// `deprecated,` for a list of allowed lints, if an attribute of the item is `#[deprecated]`, `#[allow(deprecated)]` or the
/// like.
pub(crate) fn deprecated(item: &TokenStream) -> Option<TokenStream> {
    in_attributes(item.clone(), false).then(|| quote!(deprecated,))
}

/// Whether the word is in an attribute, or anywhere if `tokens` are those of one.
fn in_attributes(tokens: TokenStream, attribute: bool) -> bool {
    let mut hash = false;
    tokens.into_iter().any(|token| {
        let after_hash = std::mem::replace(&mut hash, matches!(&token, TokenTree::Punct(p) if p.as_char() == '#'));
        match token {
            TokenTree::Ident(word) => attribute && word == "deprecated",
            TokenTree::Group(group) => {
                let opens = after_hash && group.delimiter() == Delimiter::Bracket;
                in_attributes(group.stream(), attribute || opens)
            }
            _ => false,
        }
    })
}
