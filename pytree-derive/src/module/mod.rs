//! `#[module]`: [`ast`] holds the impl block that the user wrote, [`check`] finds what its forward takes, [`expand`] writes
//! the impls. [`mod@function`] turns a closure into such a block.

mod ast;
mod check;
mod expand;
mod function;
mod strip;

pub(crate) use function::function;

use crate::attr::ModelAttrs;
use crate::ctxt::Ctxt;
use crate::lints;
use crate::root::Root;
use crate::ty;
use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};

/// The block without the macro's attributes, and beside it `Module` and the type of the arguments, or the mistakes.
pub(crate) fn module(arguments: TokenStream, item: TokenStream, root: Root) -> TokenStream {
    let cx = Ctxt::new();
    let attrs = ModelAttrs::of_module(&cx, arguments);
    let root = attrs.root.map_or(root, |root| root.value);
    let family = attrs.family.map(|family| family.value);
    let named = attrs.forward.map(|forward| forward.value);
    let name = named.as_ref().map_or_else(|| "forward".to_owned(), ToString::to_string);
    let read = |input: ParseStream<'_>| ast::Block::parse(input, named.clone());
    let block = cx.ok(ty::too_deep(&item).map_or_else(|| read.parse2(item.clone()), Err));
    let model = block.as_ref().map(|block| check::Model::check(&cx, block, None, family.as_ref(), &root));
    let written = match (cx.finish(), model) {
        (Ok(()), Some(Some(model))) => expand::expand(&model, expand::Made::OfType, lints::deprecated(&item).as_ref()),
        (errors, _) => {
            let mut tokens = errors.err().unwrap_or_default();
            let block = block.as_ref().filter(|block| check::type_name(&block.model).is_some());
            tokens.extend(block.map(|block| expand::fallback(block, family.as_ref(), &root)));
            tokens
        }
    };
    let mut tokens = strip::block(item, &name);
    tokens.extend(written);
    tokens
}
