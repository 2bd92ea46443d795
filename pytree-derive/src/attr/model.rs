//! The arguments of `#[module(..)]` and those before the closure of `function!(..)`.

use super::item::{Once, Place, list, name, path, set, text, unknown};
use crate::ctxt::Ctxt;
use crate::root::Root;
use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Path, Token};

/// The attributes of a model.
#[derive(Default)]
pub(crate) struct ModelAttrs {
    pub(crate) family: Option<Once<Path>>,
    /// `crate`
    pub(crate) root: Option<Once<Root>>,
    /// The method that is exported, if it is not called `forward`. Only of a block.
    pub(crate) forward: Option<Once<Ident>>,
    /// Only of a function: a type has a name already.
    pub(crate) name: Option<Once<LitStr>>,
}

const MODULE: Place = Place { here: ("`#[module]`", &["family", "forward", "crate"]), elsewhere: &[] };
const FUNCTION: Place = Place { here: ("`function!`", &["family", "name", "crate"]), elsewhere: &[] };

impl ModelAttrs {
    /// Reads the arguments of `#[module]`; mistakes go to `cx`.
    pub(crate) fn of_module(cx: &Ctxt, arguments: TokenStream) -> Self {
        let mut this = ModelAttrs::default();
        let parse = |input: ParseStream<'_>| list(cx, input, &MODULE, |key, input| this.item(cx, &MODULE, key, input));
        cx.ok(parse.parse2(arguments));
        this
    }

    /// Reads the items in front of the closure of `function!`, up to the first mistake.
    pub(crate) fn of_function(cx: &Ctxt, input: ParseStream<'_>) -> syn::Result<Self> {
        let mut this = ModelAttrs::default();
        while input.peek(syn::Ident::peek_any) && input.peek2(Token![=]) {
            let key = input.call(Ident::parse_any)?;
            this.item(cx, &FUNCTION, &key, input).unwrap_or_else(|| Err(unknown(&key, &FUNCTION)))?;
            input.parse::<Token![,]>()?;
        }
        Ok(this)
    }

    fn item(&mut self, cx: &Ctxt, place: &Place, key: &Ident, input: ParseStream<'_>) -> Option<syn::Result<()>> {
        let word = key.to_string();
        Some(match word.as_str() {
            _ if !place.here.1.contains(&word.as_str()) => return None,
            "family" => path(key, input, "Meta").map(|path| set(cx, &mut self.family, key, path)),
            "crate" => text(key, input, "torch_export")
                .and_then(|text| Root::parse(&text))
                .map(|root| set(cx, &mut self.root, key, root)),
            "forward" => name(key, input, "forward_t").map(|name| set(cx, &mut self.forward, key, name)),
            "name" => text(key, input, "Add").map(|text| set(cx, &mut self.name, key, text)),
            _ => return None,
        })
    }
}
