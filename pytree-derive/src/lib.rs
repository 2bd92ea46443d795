//! macros

mod attr;
mod ctxt;
mod derive;
mod header;
mod module;
mod name;
mod params;
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

/// module
#[proc_macro_attribute]
pub fn module(arguments: TokenStream, item: TokenStream) -> TokenStream {
    module::module(arguments.into(), item.into(), Root::core()).into()
}

/// facade
#[doc(hidden)]
#[proc_macro_attribute]
pub fn module_facade(arguments: TokenStream, item: TokenStream) -> TokenStream {
    module::module(arguments.into(), item.into(), Root::facade()).into()
}
