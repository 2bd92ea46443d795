//! Impls for a type with mistakes, so that its uses add no errors of their own.

use super::ast::Input;
use crate::header::Header;
use proc_macro2::TokenStream;
use quote::quote;

/// `PyTree` and `OwnedTree` of every family, without any bound.
pub(crate) fn fallback(input: &Input<'_>) -> TokenStream {
    let Input { ident, root, .. } = input;
    let header = Header(input.generics);
    let generics = header.params(Some(quote!(__F: __p::Family)), |_| Vec::new());
    let (types, clause) = (header.types(), header.clause());
    quote! {
        #[allow(unused_variables)]
        const _: () = {
            use #root::__private as __p;
            #[automatically_derived]
            impl #generics __p::PyTree<__F> for #ident #types #clause {
                fn walk<'__a, __V: __p::Visitor<'__a, __F>>(
                    &'__a self,
                    __v: &mut __V,
                ) -> __p::ControlFlow<__V::Break> {
                    __p::ControlFlow::Continue(())
                }
            }
            #[automatically_derived]
            impl #generics __p::OwnedTree<__F> for #ident #types #clause {
                fn walk_mut<__V: __p::VisitorMut<__F>>(&mut self, __v: &mut __V) -> __p::ControlFlow<__V::Break> {
                    __p::ControlFlow::Continue(())
                }
                fn into_walk<__V: __p::VisitorOwned<__F>>(self, __v: &mut __V) -> __p::ControlFlow<__V::Break> {
                    __p::ControlFlow::Continue(())
                }
                fn rebuild<__S: __p::Source<__F>>(__s: &mut __S) -> __p::Result<Self, __p::UnflattenError> {
                    __p::Err(__s.error(""))
                }
            }
        };
    }
}
