//! `Module` for a block with mistakes: it only keeps the uses of the model from adding errors of their own.

use crate::header::Header;
use crate::module::ast::Block;
use crate::root::Root;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Path;

/// `Module` with empty arguments.
pub(crate) fn fallback(block: &Block, family: Option<&Path>, root: &Root) -> TokenStream {
    let plumbing = root.plumbing();
    let family = family.map_or_else(|| quote!(__p::Meta), ToTokens::to_token_stream);
    let header = Header(&block.generics);
    let (generics, clause, ty) = (header.params(None, |_| Vec::new()), header.clause(), &block.model);
    quote! {
        const _: () = {
            use #plumbing as __p;
            static __SIGNATURE: __p::Signature = __p::Signature::of(&[]);
            #[automatically_derived]
            impl #generics __p::Module for #ty #clause {
                type Family = #family;
                type Args = ();
                type Output = ();
                fn name() -> &'static __p::Str {
                    ""
                }
                fn signature() -> &'static __p::Signature {
                    &__SIGNATURE
                }
                fn call(&self, _: &()) -> __p::Result<(), __p::ForwardError> {
                    __p::Ok(())
                }
            }
        };
    }
}
