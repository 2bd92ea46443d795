//! Impls for a type with mistakes, so that its uses add no errors of their own.

use super::ast::Input;
use crate::attr::Once;
use crate::header::Header;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

/// `PyTree` and `OwnedTree`, without any bound; of a type with `remote` the functions that it would have.
pub(crate) fn fallback(input: &Input<'_>) -> TokenStream {
    let Input { ident, root, .. } = input;
    let header = Header(input.generics);
    // Of the family that is named, else of any.
    let (any, family) = match &input.family {
        Some(family) => (None, family.value.to_token_stream()),
        None => (Some(quote!(__AnyFamily: __p::Family)), quote!(__AnyFamily)),
    };
    let (types, clause) = (header.types(), header.clause());
    // As in the impls of a type without mistakes, what is no family is told once.
    let named = input.family.as_ref().map(|Once { value, .. }| quote_spanned!(value.span()=> #value: __p::Family));
    let own = clause.into_iter().flat_map(|clause| &clause.predicates);
    let bounds = quote!(where #(#own,)* #named);
    let impls = match &input.remote {
        Some(remote) => {
            let (generics, path) = (header.params(None, |_| Vec::new()), &remote.value);
            let any = any.map(|any| quote!(#any,));
            quote! {
                #[allow(dead_code, unreachable_pub, missing_docs)]
                impl #generics #ident #types #bounds {
                    pub fn walk<'__a, #any __V: __p::Visitor<'__a, #family>>(
                        __t: &'__a #path,
                        __v: &mut __V,
                    ) -> __p::Flow<__V::Break> {
                        __p::Flow::Continue(())
                    }
                    pub fn walk_mut<#any __V: __p::VisitorMut<#family>>(
                        __t: &mut #path,
                        __v: &mut __V,
                    ) -> __p::Flow<__V::Break> {
                        __p::Flow::Continue(())
                    }
                    pub fn into_walk<#any __V: __p::VisitorOwned<#family>>(
                        __t: #path,
                        __v: &mut __V,
                    ) -> __p::Flow<__V::Break> {
                        __p::Flow::Continue(())
                    }
                    pub fn rebuild<#any __S: __p::Source<#family>>(__s: &mut __S) -> __p::Rebuilt<#path> {
                        __p::Err(__s.fail(__p::Mismatch::Next("")))
                    }
                }
            }
        }
        None => {
            let generics = header.params(any, |_| Vec::new());
            quote! {
                #[automatically_derived]
                impl #generics __p::PyTree<#family> for #ident #types #bounds {
                    fn walk<'__a, __V: __p::Visitor<'__a, #family>>(
                        &'__a self,
                        __v: &mut __V,
                    ) -> __p::Flow<__V::Break> {
                        __p::Flow::Continue(())
                    }
                }
                #[automatically_derived]
                impl #generics __p::OwnedTree<#family> for #ident #types #bounds {
                    fn walk_mut<__V: __p::VisitorMut<#family>>(&mut self, __v: &mut __V) -> __p::Flow<__V::Break> {
                        __p::Flow::Continue(())
                    }
                    fn into_walk<__V: __p::VisitorOwned<#family>>(self, __v: &mut __V) -> __p::Flow<__V::Break> {
                        __p::Flow::Continue(())
                    }
                    fn rebuild<__S: __p::Source<#family>>(__s: &mut __S) -> __p::Rebuilt<Self> {
                        __p::Err(__s.fail(__p::Mismatch::Next("")))
                    }
                }
            }
        }
    };
    quote! {
        #[allow(unused_variables)]
        const _: () = {
            use #root::__private as __p;
            #impls
        };
    }
}
