//! `#[derive(PyTree)]`: [`ast`] is what the user wrote, [`valid`] what it means, [`expand`] what is written for it.

mod ast;
mod expand;
mod fallback;
mod kind;
mod remote;
mod role;
mod valid;
mod walks;

use crate::ctxt::Ctxt;
use crate::root::Root;
use proc_macro2::TokenStream;
use syn::DeriveInput;

/// The impls for a type, or its mistakes beside impls that keep every use of the type quiet.
pub(crate) fn derive(input: TokenStream, root: Root) -> TokenStream {
    let input = match syn::parse2::<DeriveInput>(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let cx = Ctxt::new();
    let ast = ast::Input::read(&cx, &input, root);
    let node = valid::Node::check(&cx, &ast);
    match cx.finish() {
        Ok(()) => expand::expand(&node),
        Err(mut errors) => {
            errors.extend(fallback::fallback(&ast));
            errors
        }
    }
}
