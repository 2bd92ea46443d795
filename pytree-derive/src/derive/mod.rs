//! `#[derive(PyTree)]`: [`ast`] holds what the user wrote, [`check`] finds what it means, [`expand`] writes the impls.

mod ast;
mod check;
mod expand;

use crate::ctxt::Ctxt;
use crate::lints;
use crate::root::Root;
use crate::ty;
use proc_macro2::TokenStream;
use syn::DeriveInput;

/// The impls for a type. A type with mistakes gets impls too, so that its uses add no errors.
pub(crate) fn derive(input: TokenStream, root: Root) -> TokenStream {
    if let Some(error) = ty::too_deep(&input) {
        return error.to_compile_error();
    }
    let deprecated = lints::deprecated(&input);
    let input = match syn::parse2::<DeriveInput>(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let cx = Ctxt::new();
    let ast = ast::Input::read(&cx, &input, root);
    let node = check::Node::check(&cx, &ast);
    match cx.finish() {
        Ok(()) => expand::expand(&node, deprecated.as_ref()),
        Err(mut errors) => {
            errors.extend(expand::fallback(&ast));
            errors
        }
    }
}
