//! The fields with `with = ..`: a type for each, which carries the functions of its module.

use crate::derive::check::{Node, NodeField, Role};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};

/// The name of the type for the field `way` among those with `with`.
pub(super) fn way_name(way: usize) -> Ident {
    format_ident!("__With{way}")
}

/// The types and their impls of `With` and `WithOwned`.
pub(super) fn ways(node: &Node<'_>) -> TokenStream {
    let family = node.family();
    let with = |field: &NodeField<'_>| match &field.role {
        Role::With(_, path) => {
            let span = path.segments.last().map_or_else(Span::call_site, |s| s.ident.span());
            Some((field.ty.to_token_stream(), (turbofish(path), span)))
        }
        _ => None,
    };
    let ways = node.fields().filter_map(with).enumerate().map(|(i, (ty, path))| {
        let (way, own_type) = (way_name(i), node.own_type());
        // A missing function is reported where the module is named.
        let of = |name: &str| {
            let name = Ident::new(name, path.1);
            let path = &path.0;
            quote!(#path::#name)
        };
        let (walk, walk_mut, into_walk, rebuild) = (of("walk"), of("walk_mut"), of("into_walk"), of("rebuild"));
        let target = quote!(#way<#own_type>);
        let read = node.head(&quote!(__Tree), &quote!(__p::With<#family, #ty>), &target, false);
        let owned = (!node.borrow_only).then(|| {
            let head = node.head(&quote!(__Owned), &quote!(__p::WithOwned<#family, #ty>), &target, true);
            quote! {
                #head {
                    fn walk_mut<__V: __p::VisitorMut<#family>>(__t: &mut #ty, __v: &mut __V) -> __p::Flow<__V::Break> {
                        #walk_mut(__t, __v)
                    }
                    fn into_walk<__V: __p::VisitorOwned<#family>>(__t: #ty, __v: &mut __V) -> __p::Flow<__V::Break> {
                        #into_walk(__t, __v)
                    }
                    fn rebuild<__S: __p::Source<#family>>(__s: &mut __S) -> __p::Rebuilt<#ty> {
                        #rebuild(__s)
                    }
                }
            }
        });
        quote! {
            struct #way<__S>(__p::PhantomData<__S>);
            #read {
                fn walk<'__a, __V: __p::Visitor<'__a, #family>>(__t: &'__a #ty, __v: &mut __V) -> __p::Flow<__V::Break> {
                    #walk(__t, __v)
                }
            }
            #owned
        }
    });
    quote!(#(#ways)*)
}

/// A path as an expression needs it: `Def::<T>`.
pub(super) fn turbofish(path: &syn::Path) -> TokenStream {
    let mut path = path.clone();
    for segment in &mut path.segments {
        if let syn::PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
            arguments.colon2_token.get_or_insert_with(Default::default);
        }
    }
    path.to_token_stream()
}
