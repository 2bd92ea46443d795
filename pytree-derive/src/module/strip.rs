//! What the compiler sees of a block: everything but the macro's own attributes on the parameters of forward.

use crate::attr;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// The block without the attributes of the macro on the parameters of the method `forward`.
pub(crate) fn block(item: TokenStream, forward: &str) -> TokenStream {
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    if let Some(TokenTree::Group(body)) = tokens.last_mut() {
        *body = regroup(body, methods(body.stream(), forward));
    }
    tokens.into_iter().collect()
}

/// The methods of a block, with the parameters of forward stripped.
fn methods(body: TokenStream, forward: &str) -> TokenStream {
    let mut last = [None, None];
    let mut in_signature = false;
    let strip = |token: TokenTree| {
        let word = match &token {
            TokenTree::Ident(ident) => Some(ident.to_string()),
            _ => None,
        };
        in_signature |= last == [Some("fn".to_owned()), Some(forward.to_owned())];
        let [_, before] = std::mem::take(&mut last);
        last = [before, word];
        match token {
            TokenTree::Group(group) if in_signature && group.delimiter() == Delimiter::Parenthesis => {
                in_signature = false;
                TokenTree::Group(regroup(&group, parameters(group.stream())))
            }
            other => other,
        }
    };
    body.into_iter().map(strip).collect()
}

/// Parameters without the attributes of the macro.
pub(crate) fn parameters(parameters: TokenStream) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    for token in parameters {
        let hash = matches!(kept.last(), Some(TokenTree::Punct(p)) if p.as_char() == '#');
        match &token {
            TokenTree::Group(group) if hash && group.delimiter() == Delimiter::Bracket && is_own(group) => {
                kept.pop();
            }
            _ => kept.push(token),
        }
    }
    kept.into_iter().collect()
}

/// Whether `[..]` is an attribute of the macro.
fn is_own(group: &Group) -> bool {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    match tokens.as_slice() {
        // A path such as `rustfmt::skip` belongs to a tool.
        [TokenTree::Ident(_), TokenTree::Punct(p), ..] if p.as_char() == ':' => false,
        [TokenTree::Ident(word), ..] => attr::is_own(word),
        _ => false,
    }
}

fn regroup(group: &Group, stream: TokenStream) -> Group {
    let mut new = Group::new(group.delimiter(), stream);
    new.set_span(group.span());
    new
}
