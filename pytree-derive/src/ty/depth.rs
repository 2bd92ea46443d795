//! How deep the types that a user writes are nested.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// syn reads types with a function that calls itself, which ends the compiler at a few times this depth.
const MAX_DEPTH: usize = 64;

/// The error for an item with a type that is nested too deep. It must be asked for before the item is parsed.
pub(crate) fn too_deep(item: &TokenStream) -> Option<syn::Error> {
    let place = deep(item.clone(), 0)?;
    let message = format_args!(
        "this type is nested more than {MAX_DEPTH} levels deep: use a struct that contains itself, such as `struct Node {{ children: Vec<Node> }}`"
    );
    Some(syn::Error::new_spanned(place, message))
}

/// The first token of a type that is nested too deep, if it starts `outer` levels inside of another.
fn deep(tokens: TokenStream, outer: usize) -> Option<TokenTree> {
    // The open angle brackets, where the outermost began, and the token before this one.
    let (mut open, mut start, mut before) = (0_usize, None, None::<TokenTree>);
    for token in tokens {
        match &token {
            // A body or a block ends what could be a type; the angles in it may be comparisons.
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                open = 0;
                if let Some(place) = deep(group.stream(), 0) {
                    return Some(place);
                }
            }
            TokenTree::Group(group) => {
                let place = deep(group.stream(), outer + open + 1);
                if let Some(place) = place {
                    return Some(if open > 0 { start.unwrap_or(place) } else { place });
                }
            }
            TokenTree::Punct(p) if p.as_char() == ';' => open = 0,
            TokenTree::Punct(p) if p.as_char() == '<' => {
                if open == 0 {
                    start = before.clone().filter(|t| matches!(t, TokenTree::Ident(_))).or_else(|| Some(token.clone()));
                }
                open += 1;
            }
            // The arrow of a function is not a bracket.
            TokenTree::Punct(p) if p.as_char() == '>' && !is_minus(before.as_ref()) => open = open.saturating_sub(1),
            _ => {}
        }
        if outer + open > MAX_DEPTH {
            return start.or_else(|| Some(token.clone()));
        }
        before = Some(token);
    }
    None
}

fn is_minus(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == '-')
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, deep};
    use proc_macro2::TokenStream;

    fn is_deep(source: &str) -> bool {
        deep(source.parse::<TokenStream>().unwrap_or_default(), 0).is_some()
    }

    #[test]
    fn a_type_is_as_deep_as_its_brackets() {
        let vecs =
            |n: usize| format!("struct S {{ a: i64, x: {}i64{}, y: Vec<i64> }}", "Vec<".repeat(n), ">".repeat(n));
        assert!(!is_deep(&vecs(MAX_DEPTH)));
        assert!(is_deep(&vecs(MAX_DEPTH + 1)));
        let tuples = |n: usize| format!("struct S {{ x: {}i64{} }}", "Vec<(".repeat(n), ",)>".repeat(n));
        assert!(!is_deep(&tuples(MAX_DEPTH / 2)));
        assert!(is_deep(&tuples(MAX_DEPTH / 2 + 1)));
        // Many beside each other are not deep, nor are arrows and comparisons.
        assert!(!is_deep(&format!("struct S({});", "Vec<fn(i64) -> i64>, ".repeat(500))));
        assert!(!is_deep(&format!("impl S {{ fn f() {{ {} }} }}", "a < b; if a < b {} ".repeat(500))));
    }
}
