//! `Retype`: the same type with other tensors, which mapping returns.

use crate::derive::check::{Family, Node};
use crate::header::Header;
use crate::ty;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{GenericParam, TypeParam};

/// `Retype`, for a type whose children are generic and whose parameters have no bounds of their own.
pub(super) fn retype(node: &Node<'_>) -> Option<TokenStream> {
    let header = Header(node.generics);
    let tree = |param: &TypeParam| node.used(param).is_some_and(|p| p.tree);
    let bounded = node.params.iter().filter(|p| p.tree).any(|p| {
        let mentioned = |clause: &syn::WhereClause| ty::mentions(clause.to_token_stream(), &p.param.ident);
        !p.param.bounds.is_empty() || header.clause().is_some_and(mentioned)
    });
    if !matches!(node.family, Family::Any) || node.borrow_only || bounded || node.bound.is_some() {
        return None;
    }
    let generics = header.params(None, |p| if tree(p) { vec![quote!(__p::Retype)] } else { Vec::new() });
    let (ident, own_type, clause) = (node.ident, node.own_type(), header.clause());
    let others = node.generics.params.iter().map(|param| match param {
        GenericParam::Type(p) if tree(p) => {
            let ident = &p.ident;
            quote!(<#ident as __p::Retype>::As<__U>)
        }
        GenericParam::Type(p) => p.ident.to_token_stream(),
        GenericParam::Const(p) => p.ident.to_token_stream(),
        other => other.to_token_stream(),
    });
    let arguments = (!node.generics.params.is_empty()).then(|| quote!(<#(#others),*>));
    Some(quote! {
        #[automatically_derived]
        impl #generics __p::Retype for #own_type #clause {
            type As<__U> = #ident #arguments;
        }
    })
}
