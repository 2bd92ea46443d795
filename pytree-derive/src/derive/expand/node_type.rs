//! The static that describes which node the type is; an enum has one for each variant.

use crate::derive::check::{Node, NodeField, NodeVariant, Role};
use crate::header::Header;
use crate::name::plain;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// `__TYPE`, or `__TYPES` with `Variant`, or `Joined`.
pub(super) fn node_type(node: &Node<'_>) -> TokenStream {
    let rust_name = plain(node.ident);
    let kind = node.kind.variant();
    let name = match &node.name {
        Some(name) => quote!(#name),
        None if node.kind.class => quote!(__p::python_name!(#rust_name)),
        None => quote!(""),
    };
    let of = |rust_name: &str, fields: Vec<&str>| {
        quote! {
            __p::NodeType {
                kind: __p::Kind::#kind,
                name: #name,
                rust_name: #rust_name,
                fields: &[#(#fields),*],
            }
        }
    };
    let children = |v: &NodeVariant<'_>| -> Vec<String> {
        v.fields.iter().filter_map(|f| f.role.child().map(str::to_owned)).collect()
    };
    if node.is_joined() {
        return joined(node, &of(&rust_name, Vec::new()));
    }
    if !node.is_enum {
        let fields: Vec<String> = node.variants.iter().flat_map(children).collect();
        let of = of(&rust_name, fields.iter().map(String::as_str).collect());
        return quote!(static __TYPE: __p::NodeType = #of;);
    }
    let count = node.variants.len();
    let types = node.variants.iter().map(|variant| {
        let fields = children(variant);
        of(&format!("{rust_name}::{}", plain(variant.ident)), fields.iter().map(String::as_str).collect())
    });
    let tags = node.variants.iter().map(|v| &v.tag);
    let arms = node.variants.iter().enumerate().map(|(i, NodeVariant { ident, .. })| {
        let i = syn::Index::from(i);
        quote!(Self::#ident { .. } => &__TYPES[#i],)
    });
    let header = Header(node.generics);
    let (generics, own_type, clause) = (header.params(None, |_| Vec::new()), node.own_type(), header.clause());
    quote! {
        static __TYPES: [__p::NodeType; #count] = [#(#types),*];
        static __TAGS: [&__p::Str; #count] = [#(#tags),*];
        #[automatically_derived]
        impl #generics __p::Variant for #own_type #clause {
            fn node_type(&self) -> &'static __p::NodeType {
                match self { #(#arms)* }
            }
        }
    }
}

/// `Joined`, for a node with flattened fields.
fn joined(node: &Node<'_>, of: &TokenStream) -> TokenStream {
    let family = node.family();
    let head = node.head(&quote!(__Tree), &quote!(__p::Joined<#family>), &node.own_type(), false);
    let parts = node.fields().filter_map(|field| match &field.role {
        Role::Flatten => {
            let fields = fields_of(node, field);
            Some(quote!(__p::Part::All(#fields)))
        }
        role => role.child().map(|name| quote!(__p::Part::One(#name))),
    });
    // Without type parameters the list can be checked where the type is defined, and a mistake is reported at the field.
    let checks = node.fields().filter(|f| matches!(f.role, Role::Flatten) && node.generics.params.is_empty());
    let checks = checks.map(|field| {
        let NodeField { ty, rust_name, .. } = field;
        let (own_type, fields) = (node.own_type(), fields_of(node, field));
        let no_struct = format!(
            "field `{rust_name}` cannot be flattened: its type must be a struct with `#[derive(PyTree)]`, with named children and without static fields"
        );
        let twice = format!("flattening `{rust_name}` adds a name that another field already has: rename one of them");
        quote_spanned! {ty.span()=>
            const _: () = __p::assert!(#fields.is_some(), #no_struct);
            const _: () = __p::assert!(
                __p::distinct(<#own_type as __p::Joined<#family>>::PARTS, #fields),
                #twice
            );
        }
    });
    let strict = !node.generics.params.is_empty();
    quote! {
        #[automatically_derived]
        #head {
            const NODE: __p::NodeType = #of;
            const STRICT: __p::Bool = #strict;
            const PARTS: &'static [__p::Part] = &[#(#parts),*];
        }
        #(#checks)*
    }
}

/// The names that a flattened field brings.
fn fields_of(node: &Node<'_>, field: &NodeField<'_>) -> TokenStream {
    let (ty, family) = (field.ty, node.family());
    if node.is_read_as_owned(field) {
        quote!(<#ty as __Owned<#family>>::OWN_FIELDS)
    } else {
        quote!(<#ty as __Tree<#family>>::FIELDS)
    }
}
