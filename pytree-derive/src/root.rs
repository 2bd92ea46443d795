//! Where the library is: the path that every expansion starts with.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{LitStr, Path};

/// The crate that holds the traits: `::pytree_core`, `::torch_export`, or the one that `crate = ".."` names.
#[derive(Clone)]
pub(crate) struct Root(TokenStream);

impl Root {
    /// `::pytree_core`.
    pub(crate) fn core() -> Self {
        Root(quote!(::pytree_core))
    }

    /// `::torch_export`.
    pub(crate) fn facade() -> Self {
        Root(quote!(::torch_export))
    }

    /// The path in `crate = "path"`.
    pub(crate) fn parse(text: &LitStr) -> syn::Result<Self> {
        let bad = || {
            let usage = "`crate` takes the path of the library: `crate = \"torch_export\"`, `crate = \"crate::deps::pytree_core\"`";
            syn::Error::new_spanned(text, usage)
        };
        let path = text.parse_with(Path::parse_mod_style).map_err(|_| bad())?;
        let special = |name: &str| ["crate", "self", "super", "Self"].contains(&name);
        let names: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        let relative = path.leading_colon.is_none() && names.first().is_some_and(|n| special(n) && n != "Self");
        let start = if relative { names.iter().take_while(|n| special(n)).count() } else { 0 };
        let supers = names.iter().take(start).skip(1).all(|n| n == "super");
        if !supers || names.iter().skip(start).any(|n| special(n)) {
            return Err(bad());
        }
        Ok(Root(if relative || path.leading_colon.is_some() { quote!(#path) } else { quote!(::#path) }))
    }

    /// The one module of the library that expansions refer to: it re-exports every trait, type and function they need.
    pub(crate) fn plumbing(&self) -> TokenStream {
        let root = &self.0;
        quote!(#root::__private)
    }
}

/// `type __F = Tch`, the family of a type that names none.
///
/// Without the feature `tch` the compiler says that this type is missing, where, and which feature it needs; so the path
/// goes through the root of the library, under a name that such a message can show.
pub(crate) fn default_family() -> TokenStream {
    quote! {
        use __p::library as __pytree_core;
        type __F = __pytree_core::Tch;
    }
}
