//! The impls for a type with mistakes: they only keep its uses from adding errors of their own.

use crate::attr::Once;
use crate::derive::ast::Input;
use crate::header::Header;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

/// `PyTree` and `OwnedTree` without bounds; for a type with `remote` the functions that it would have.
pub(crate) fn fallback(input: &Input<'_>) -> TokenStream {
    let (ident, plumbing, attrs) = (input.ident, input.root.plumbing(), &input.attrs);
    let header = Header(input.generics);
    // For the family that is named, otherwise for any.
    let (any, family) = match &attrs.family {
        Some(family) => (None, family.value.to_token_stream()),
        None => (Some(quote!(__AnyFamily: __p::Family)), quote!(__AnyFamily)),
    };
    let (types, clause) = (header.types(), header.clause());
    // As in the impls of a type without mistakes, a type that is not a family is reported once.
    let named = attrs.family.as_ref().map(|Once { value, .. }| quote_spanned!(value.span()=> #value: __p::Family));
    let own = clause.into_iter().flat_map(|clause| &clause.predicates);
    let bounds = quote!(where #(#own,)* #named);
    let impls = match &attrs.remote {
        Some(remote) => {
            let (generics, path) = (header.params(None, |_| Vec::new()), &remote.value);
            let any = any.map(|any| quote!(#any,));
            quote! {
                #[automatically_derived]
                impl #generics __p::Describes for #ident #types #clause {
                    type Value = #path;
                    fn node_type() -> &'static __p::NodeType {
                        static __TYPE: __p::NodeType =
                            __p::NodeType { kind: __p::Kind::Tuple, name: "", rust_name: "", fields: &[] };
                        &__TYPE
                    }
                }
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
            use #plumbing as __p;
            #impls
        };
    }
}
