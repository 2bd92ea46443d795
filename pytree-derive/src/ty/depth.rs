//! How deep the types that a user writes are nested.

use crate::ctxt::Ctxt;
use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Type;

/// The compiler itself crashes on the traits of types that are nested a few times deeper.
const MAX_DEPTH: usize = 64;

/// Reports a type that is nested too deep.
pub(crate) fn refuse_deep(cx: &Ctxt, ty: &Type) {
    if depth(ty.to_token_stream()) > MAX_DEPTH {
        let message = format_args!(
            "this type is nested more than {MAX_DEPTH} levels deep: use a struct that contains itself, such as `struct Node {{ children: Vec<Node> }}`"
        );
        cx.error(first(ty), message);
    }
}

/// The outermost name or group, since the whole type may fill pages.
fn first(ty: &Type) -> TokenStream {
    let without_content = |token| match token {
        TokenTree::Group(group) => {
            let mut empty = Group::new(group.delimiter(), TokenStream::new());
            empty.set_span(group.span_open());
            TokenTree::Group(empty)
        }
        token => token,
    };
    ty.to_token_stream().into_iter().take(1).map(without_content).collect()
}

/// The number of brackets of any kind around the innermost type.
fn depth(tokens: TokenStream) -> usize {
    let (mut open, mut deepest, mut after_minus) = (0_usize, 0, false);
    for token in tokens {
        match &token {
            TokenTree::Group(group) => deepest = deepest.max(open + 1 + depth(group.stream())),
            TokenTree::Punct(p) if p.as_char() == '<' => open += 1,
            // The arrow of a function is not a bracket.
            TokenTree::Punct(p) if p.as_char() == '>' && !after_minus => open = open.saturating_sub(1),
            _ => {}
        }
        after_minus = matches!(&token, TokenTree::Punct(p) if p.as_char() == '-');
        deepest = deepest.max(open);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::depth;
    use quote::quote;

    #[test]
    fn the_depth_is_that_of_the_innermost_type() {
        for (tokens, expected) in [
            (quote!(i64), 0),
            (quote!(Vec<i64>), 1),
            (quote!((Vec<i64>, Option<Vec<i64>>)), 3),
            (quote!(fn(Vec<i64>) -> Vec<i64>), 2),
            (quote!(Box<dyn Fn() -> Vec<i64>>), 2),
            (quote!([[Vec<i64>; 2]; 3]), 3),
        ] {
            assert_eq!(depth(tokens.clone()), expected, "{tokens}");
        }
    }
}
