//! The items of `#[pytree(..)]` and `#[module(..)]`: `key` or `key = value`, separated by commas.

use crate::ctxt::Ctxt;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, LitStr, Token};

/// Where attributes stand, as a message says it, and the keys that they take there.
pub(crate) type Keys = (&'static str, &'static [&'static str]);

/// The keys that are known where an attribute stands, and those of other places, which may have been meant.
pub(crate) struct Place {
    pub(crate) here: Keys,
    pub(crate) elsewhere: &'static [Keys],
}

/// One item that may be given once: where it stands, and its value.
pub(crate) struct Once<T> {
    pub(crate) key: Ident,
    pub(crate) value: T,
}

/// Fills `slot`, or notes that the item is given twice.
pub(crate) fn set<T>(cx: &Ctxt, slot: &mut Option<Once<T>>, key: &Ident, value: T) {
    match slot {
        Some(_) => cx.error(key, format_args!("`{key}` is given twice")),
        None => *slot = Some(Once { key: key.clone(), value }),
    }
}

/// Calls `item` with the key of every item of all `#[pytree(..)]` in `attributes`; it reads the value.
///
/// `item` gives `None` for a key that it does not know; the message says then what the `place` takes.
pub(crate) fn items(
    cx: &Ctxt,
    attributes: &[Attribute],
    place: &Place,
    mut item: impl FnMut(&Ident, ParseStream<'_>) -> Option<syn::Result<()>>,
) {
    for attribute in attributes.iter().filter(|a| a.path().is_ident("pytree")) {
        let parse = |input: ParseStream<'_>| list(cx, input, place, &mut item);
        cx.ok(attribute.parse_args_with(parse));
    }
}

/// As [`items`], for the tokens in the parentheses of an attribute macro.
pub(crate) fn arguments(
    cx: &Ctxt,
    tokens: TokenStream,
    place: &Place,
    mut item: impl FnMut(&Ident, ParseStream<'_>) -> Option<syn::Result<()>>,
) {
    let parse = |input: ParseStream<'_>| list(cx, input, place, &mut item);
    cx.ok(parse.parse2(tokens));
}

fn list(
    cx: &Ctxt,
    input: ParseStream<'_>,
    place: &Place,
    item: &mut dyn FnMut(&Ident, ParseStream<'_>) -> Option<syn::Result<()>>,
) -> syn::Result<()> {
    while !input.is_empty() {
        // Keywords are keys too: `static`, `crate`, `as`.
        let key = input.call(Ident::parse_any)?;
        let read = item(&key, input).unwrap_or_else(|| Err(unknown(&key, place)));
        match read {
            Ok(()) if input.is_empty() => {}
            Ok(()) if input.peek(Token![,]) => {}
            Ok(()) => {
                cx.push(input.error(format_args!("expected `,` or the end after `{key}`")));
                skip_item(input)?;
            }
            Err(error) => {
                cx.push(error);
                skip_item(input)?;
            }
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

/// The known word that `word` is a misspelling of: two letters apart at most, and fewer than it has.
pub(crate) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let near = known.iter().map(|k| (distance(&word.to_lowercase(), &k.to_lowercase()), *k)).min()?;
    (near.0 <= 2 && near.0 < word.len().min(near.1.len())).then_some(near.1)
}

/// How many letters are to be changed, added or dropped to make `a` of `b`.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.chars().enumerate() {
            let cost = (diagonal + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], cost);
        }
    }
    row[row.len() - 1]
}

/// The error of a key that the `place` does not take.
pub(crate) fn unknown(key: &Ident, place: &Place) -> syn::Error {
    let ((name, known), word) = (place.here, key.to_string());
    // A misspelling of a key of this place is meant for it, whatever the word is elsewhere.
    let hint = match (nearest(&word, known), place.elsewhere.iter().find(|(_, keys)| keys.contains(&word.as_str()))) {
        (Some(near), _) => format!("did you mean `{near}`? "),
        (None, Some((other, _))) => format!("it is said of {other}; "),
        (None, None) => String::new(),
    };
    let known = known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
    syn::Error::new_spanned(key, format_args!("unknown attribute `{key}`; {hint}{name} takes {known}"))
}

/// Passes over what is left of an item, so that the next one is still looked at.
fn skip_item(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

/// The text in `key = "text"`.
pub(crate) fn text(key: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<LitStr> {
    let usage = format!("`{key}` takes a text: `{key} = \"{example}\"`");
    equals(key, input, &usage)?;
    input.parse().map_err(|e| syn::Error::new(e.span(), &usage))
}

/// The path in `key = path`.
pub(crate) fn path(key: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<syn::Path> {
    let usage = format!("`{key}` takes a path: `{key} = {example}`");
    equals(key, input, &usage)?;
    input.parse().map_err(|e| syn::Error::new(e.span(), &usage))
}

/// A key that stands alone.
pub(crate) fn flag(key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(input.error(format_args!("`{key}` takes no value")))
}

fn equals(key: &Ident, input: ParseStream<'_>, usage: &str) -> syn::Result<()> {
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        return Ok(());
    }
    Err(syn::Error::new_spanned(key.to_token_stream(), usage))
}
