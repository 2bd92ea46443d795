//! The generics of an impl: the parameters of the user's type without defaults, with the bounds that the impl adds.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{GenericParam, Generics, TypeParam};

/// The generics of a type, in the forms that an impl needs.
pub(crate) struct Header<'a>(pub(crate) &'a Generics);

impl<'a> Header<'a> {
    /// `<'a, first, T: its bounds + bounds(T), const N: usize>`: `first` follows the lifetimes.
    pub(crate) fn params(
        &self,
        first: Option<TokenStream>,
        bounds: impl Fn(&TypeParam) -> Vec<TokenStream>,
    ) -> TokenStream {
        let lifetimes = self.0.lifetimes().map(|p| {
            let (lifetime, bounds) = (&p.lifetime, &p.bounds);
            quote!(#lifetime: #bounds)
        });
        let others = self.0.params.iter().filter_map(|param| match param {
            GenericParam::Type(p) => {
                let (ident, own) = (&p.ident, p.bounds.iter().map(ToTokens::to_token_stream));
                let all = own.chain(bounds(p));
                Some(quote!(#ident: #(#all)+*))
            }
            GenericParam::Const(p) => {
                let (ident, ty) = (&p.ident, &p.ty);
                Some(quote!(const #ident: #ty))
            }
            _ => None,
        });
        let all: Vec<TokenStream> = lifetimes.chain(first).chain(others).collect();
        if all.is_empty() { TokenStream::new() } else { quote!(<#(#all),*>) }
    }

    /// `<'a, T, N>`.
    pub(crate) fn types(&self) -> impl ToTokens {
        self.0.split_for_impl().1
    }

    /// The where clause.
    pub(crate) fn clause(&self) -> Option<&'a syn::WhereClause> {
        self.0.where_clause.as_ref()
    }
}
