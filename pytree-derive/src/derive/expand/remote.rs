//! `remote`: the traits cannot be implemented for a type of another crate, so the struct that describes it gets functions
//! that walk it, for `with = ..`.

use super::walks::{Walk, list, rebuild_fields, type_of};
use super::with::turbofish;
use crate::derive::check::{Node, NodeField};
use crate::header::Header;
use crate::ty;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned;

/// `Type::walk`, `walk_mut`, `into_walk` and `rebuild`, and the lists of fields behind them.
pub(super) fn functions(node: &Node<'_>, path: &Path) -> TokenStream {
    let (family, own_type) = (node.family(), node.own_type());
    let read = node.head(&quote!(__Tree), &quote!(__p::Parts<#family, #path>), &own_type, false);
    let fields = list(node, Walk::Read, &quote!(__t));
    let pretend = pretend(node);
    let (described, value) = described(node, path);
    let header = Header(node.generics);
    let (generics, clause) = (header.params(None, |_| Vec::new()), header.clause());
    let walk = {
        let (generics, clause) =
            method(node, &quote!(__Tree), &quote!('__a), &quote!(__V: __p::Visitor<'__a, #family>), false);
        let (_, ty) = type_of(node, &TokenStream::new());
        quote! {
            /// Shows every node and leaf to a visitor, in order.
            pub fn walk #generics (__t: &'__a #path, __v: &mut __V) -> __p::Flow<__V::Break> #clause {
                __p::walk_parts::<#family, #path, Self, __V>(__t, #ty, __v)
            }
        }
    };
    let owned = (!node.borrow_only).then(|| owned(node, path, &value));
    let (_, node_type) = type_of(node, &TokenStream::new());
    quote! {
        #described
        #[automatically_derived]
        impl #generics __p::Describes for #own_type #clause {
            type Value = #path;
            fn node_type() -> &'static __p::NodeType {
                #node_type
            }
        }
        #[automatically_derived]
        #read {
            fn walk_fields<'__a, __W: __p::Fields<'__a, #family>>(__t: &'__a #value, __w: &mut __W) {
                #fields
            }
        }
        #[allow(dead_code, unreachable_pub)]
        impl #generics #own_type #clause {
            #walk
        }
        #owned
        #pretend
    }
}

/// The described type where its fields are used: an alias that is an error if a field is missing or has another type. Then the
/// mistake is reported once, and not again in each function. A constant cannot name parameters, so for a type with parameters
/// it is the type itself.
fn described(node: &Node<'_>, path: &Path) -> (Option<TokenStream>, TokenStream) {
    if !node.generics.params.is_empty() {
        return (None, path.to_token_stream());
    }
    // A field that is skipped is named only where the value is rebuilt, and `Self` only in impls.
    let own = Ident::new("Self", Span::call_site());
    let is_named = |f: &&NodeField<'_>| f.role.has_children() && !ty::mentions(f.ty.to_token_stream(), &own);
    let checks = node.fields().filter(is_named).map(|NodeField { member, ty, .. }| {
        let found = quote_spanned!(ty.span().resolved_at(Span::call_site())=> __f);
        quote! {
            let __f = &__t.#member;
            let __f: &#ty = #found;
        }
    });
    let alias = quote! {
        type __Value = <[(); { let _ = |__t: &#path| { #(#checks)* }; 0 }] as __p::Described<#path>>::Value;
    };
    (Some(alias), quote!(__Value))
}

/// `walk_mut`, `into_walk` and `rebuild`.
fn owned(node: &Node<'_>, path: &Path, value: &TokenStream) -> TokenStream {
    let (family, own_type) = (node.family(), node.own_type());
    let head = node.head(&quote!(__Owned), &quote!(__p::PartsOwned<#family, #path>), &own_type, true);
    let (change, take) = (list(node, Walk::Change, &quote!(__t)), list(node, Walk::Take, &quote!(__t)));
    let target = if node.generics.params.is_empty() { value.clone() } else { turbofish(path) };
    let rebuild = rebuild_fields(node, &target);
    let (_, ty) = type_of(node, &TokenStream::new());
    let of = |bound: TokenStream| method(node, &quote!(__Owned), &TokenStream::new(), &bound, true);
    let (change_generics, clause) = of(quote!(__V: __p::VisitorMut<#family>));
    let (take_generics, _) = of(quote!(__V: __p::VisitorOwned<#family>));
    let (rebuild_generics, _) = of(quote!(__S: __p::Source<#family>));
    let header = Header(node.generics);
    let (generics, own_clause) = (header.params(None, |_| Vec::new()), header.clause());
    quote! {
        #[automatically_derived]
        #head {
            fn walk_fields_mut<__W: __p::FieldsMut<#family>>(__t: &mut #value, __w: &mut __W) {
                #change
            }
            fn into_fields<__W: __p::FieldsOwned<#family>>(__t: #value, __w: &mut __W) {
                #take
            }
            fn rebuild_fields<__S: __p::Source<#family>>(__r: &mut __p::Rebuilder<'_, __S>) -> __p::Rebuilt<#value> {
                #rebuild
            }
        }
        #[allow(dead_code, unreachable_pub)]
        impl #generics #own_type #own_clause {
            /// Shows every leaf to a visitor that may change it in place.
            pub fn walk_mut #change_generics (__t: &mut #path, __v: &mut __V) -> __p::Flow<__V::Break> #clause {
                __p::walk_parts_mut::<#family, #path, Self, __V>(__t, #ty, __v)
            }
            /// Gives every node and leaf to a visitor, in order.
            pub fn into_walk #take_generics (__t: #path, __v: &mut __V) -> __p::Flow<__V::Break> #clause {
                __p::into_parts::<#family, #path, Self, __V>(__t, #ty, __v)
            }
            /// Rebuilds the value from a source.
            ///
            /// # Errors
            /// When the spec does not match the type.
            pub fn rebuild #rebuild_generics (__s: &mut __S) -> __p::Rebuilt<#path> #clause {
                __p::rebuild_parts::<#family, #path, Self, __S>(#ty, false, __s)
            }
        }
    }
}

/// The generics of a function and its where clause, which holds the bounds of the type's parameters, since they may
/// name the family.
fn method(
    node: &Node<'_>,
    tree: &TokenStream,
    lifetime: &TokenStream,
    visitor: &TokenStream,
    owned: bool,
) -> (TokenStream, TokenStream) {
    let lifetime = (!lifetime.is_empty()).then(|| quote!(#lifetime,));
    let any = node.any_family().map(|any| quote!(#any,));
    let bounds = node.params.iter().filter_map(|p| {
        let (ident, bounds) = (&p.param.ident, node.bounds(p.param, tree));
        (!bounds.is_empty()).then(|| quote!(#ident: #(#bounds)+*))
    });
    let all: Vec<TokenStream> = bounds.chain(node.predicates(owned)).collect();
    let clause = if all.is_empty() { TokenStream::new() } else { quote!(where #(#all),*) };
    (quote!(<#lifetime #any #visitor>), clause)
}

/// A function that reads every field of the description, so that the dead-code lint stays quiet.
fn pretend(node: &Node<'_>) -> TokenStream {
    let header = Header(node.generics);
    let (generics, own_type, clause) = (header.params(None, |_| Vec::new()), node.own_type(), header.clause());
    let ident = node.ident.to_token_stream();
    let members: Vec<_> = node.fields().map(|f| f.member).collect();
    let names: Vec<_> = (0..members.len()).map(|i| quote::format_ident!("__f{i}")).collect();
    quote! {
        #[allow(dead_code)]
        fn __read #generics (__d: #own_type) #clause {
            let #ident { #(#members: #names),* } = __d;
            let _ = #ident { #(#members: #names),* };
        }
    }
}
