//! macros

mod attr;
mod ctxt;
mod derive;
mod name;
mod root;

use proc_macro::TokenStream;
use root::Root;

/// derive
#[proc_macro_derive(PyTree, attributes(pytree))]
pub fn derive_pytree(input: TokenStream) -> TokenStream {
    derive::derive(input.into(), Root::core()).into()
}

/// facade
#[doc(hidden)]
#[proc_macro_derive(PyTreeFacade, attributes(pytree))]
pub fn derive_pytree_facade(input: TokenStream) -> TokenStream {
    derive::derive(input.into(), Root::facade()).into()
}
