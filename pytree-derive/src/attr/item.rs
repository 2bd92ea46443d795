//! The grammar of attributes: `key` or `key = value`, separated by commas.

use super::suggest::nearest;
use crate::ctxt::Ctxt;
use proc_macro2::{Ident, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{LitStr, Token};

/// An item that may be given once: its key, for messages, and its value.
pub(crate) struct Once<T> {
    pub(crate) key: Ident,
    pub(crate) value: T,
}

/// Where attributes stand, as messages name it, and the keys that belong there.
pub(super) type Keys = (&'static str, &'static [&'static str]);

/// The keys that belong where an attribute stands, and those of other places, which may have been meant.
pub(super) struct Place {
    pub(super) here: Keys,
    pub(super) elsewhere: &'static [Keys],
}

/// Fills `slot`, or reports that the item is given twice.
pub(super) fn set<T>(cx: &Ctxt, slot: &mut Option<Once<T>>, key: &Ident, value: T) {
    match slot {
        Some(_) => cx.error(key, format_args!("`{key}` is given twice")),
        None => *slot = Some(Once { key: key.clone(), value }),
    }
}

/// Calls `item` with the key of every item; it reads the value.
///
/// `item` returns `None` for an unknown key, and the message then lists the keys of the `place`.
pub(super) fn list(
    cx: &Ctxt,
    input: ParseStream<'_>,
    place: &Place,
    mut item: impl FnMut(&Ident, ParseStream<'_>) -> Option<syn::Result<()>>,
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

/// Skips the rest of an item, so that the next one is still read.
fn skip_item(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

/// The error for a key that does not belong to the `place`.
pub(super) fn unknown(key: &Ident, place: &Place) -> syn::Error {
    let ((name, known), word) = (place.here, key.to_string());
    // A misspelled key of this place is meant for it, whatever the word means elsewhere.
    let hint = match (nearest(&word, known), place.elsewhere.iter().find(|(_, keys)| keys.contains(&word.as_str()))) {
        (Some(near), _) => format!("did you mean `{near}`? "),
        (None, Some((other, _))) => format!("it belongs on {other}; "),
        (None, None) => String::new(),
    };
    let known = known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
    syn::Error::new_spanned(key, format_args!("unknown attribute `{key}`; {hint}{name} takes {known}"))
}

/// The string in `key = "text"`.
pub(super) fn text(key: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<LitStr> {
    let usage = format!("`{key}` takes a string: `{key} = \"{example}\"`");
    equals(key, input, &usage)?;
    input.parse().map_err(|e| syn::Error::new(e.span(), &usage))
}

/// The path in `key = path`.
pub(super) fn path(key: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<syn::Path> {
    let usage = format!("`{key}` takes a path: `{key} = {example}`");
    equals(key, input, &usage)?;
    input.parse().map_err(|e| syn::Error::new(e.span(), &usage))
}

/// The name in `key = name`.
pub(super) fn name(key: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<Ident> {
    let usage = format!("`{key}` takes a name: `{key} = {example}`");
    equals(key, input, &usage)?;
    input.parse().map_err(|e| syn::Error::new(e.span(), &usage))
}

/// A key without a value.
pub(super) fn flag(key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(input.error(format_args!("`{key}` does not take a value")))
}

fn equals(key: &Ident, input: ParseStream<'_>, usage: &str) -> syn::Result<()> {
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        return Ok(());
    }
    Err(syn::Error::new_spanned(key, usage))
}
