//! `#[module]`: [`ast`] is the impl block as the user wrote it, [`valid`] what its forward takes, [`expand`] what is
//! written for it.

mod ast;
mod call;
mod expand;
mod function;
mod marks;
mod slot;
mod valid;

pub(crate) use function::function;

use crate::attr::{self, Place, set};
use crate::ctxt::Ctxt;
use crate::root::Root;
use proc_macro2::TokenStream;

const ARGUMENTS: Place = Place { here: ("`#[module]`", &["family", "crate"]), elsewhere: &[] };

/// The block without the marks on the parameters of forward, with `Module` and the arguments' type, or with its mistakes.
pub(crate) fn module(arguments: TokenStream, item: TokenStream, root: Root) -> TokenStream {
    let cx = Ctxt::new();
    let (mut family, mut path) = (None, None);
    attr::arguments(&cx, arguments, &ARGUMENTS, |key, input| {
        Some(match key.to_string().as_str() {
            "family" => attr::path(key, input, "Meta").map(|p| set(&cx, &mut family, key, p)),
            "crate" => attr::text(key, input, "torch_export")
                .and_then(|text| Root::parse(&text))
                .map(|p| set(&cx, &mut path, key, p)),
            _ => return None,
        })
    });
    let root = path.map_or(root, |p| p.value);
    let family = family.map(|f| f.value);
    let block = cx.ok(syn::parse2::<ast::Block>(item.clone()));
    let model = block.as_ref().map(|block| valid::Model::check(&cx, block, family.as_ref(), &root));
    let written = match (cx.finish(), model) {
        (Ok(()), Some(Some(model))) => expand::expand(&model, expand::Made::OfType),
        (errors, _) => {
            let mut tokens = errors.err().unwrap_or_default();
            tokens.extend(block.as_ref().map(|block| expand::fallback(block, family.as_ref(), &root)));
            tokens
        }
    };
    let mut tokens = marks::strip_block(item);
    tokens.extend(written);
    tokens
}
