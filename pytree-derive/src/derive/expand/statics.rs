//! `Statics`: how the variant and the static fields are written into the context.

use super::walks::pattern;
use crate::derive::check::{Node, NodeField, Role, names_family};
use crate::header::Header;
use crate::ty;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::GenericParam;
use syn::spanned::Spanned;

/// `Statics`, for a node with static fields or variants, and the checks that no static field holds a tensor.
pub(super) fn statics(node: &Node<'_>) -> Option<TokenStream> {
    if !node.has_statics() {
        return None;
    }
    let generics = Header(node.generics).params(None, |param| {
        let fixed = node.bound.is_none() && node.used(param).is_some_and(|p| p.fixed);
        fixed.then(|| quote!(__p::StaticField)).into_iter().collect()
    });
    let bound = node.bound.into_iter().flatten().filter(|p| !names_family(p));
    let clause = node.clause(bound.map(ToTokens::to_token_stream).collect());
    let own_type = node.own_type();
    let write = |(field, name, place): (&NodeField<'_>, &str, TokenStream)| {
        let ty = field.ty;
        let of = |name: &str| ty::contains(ty.to_token_stream(), &Ident::new(name, Span::call_site()));
        // A name is all that a macro sees. It only decides whether items that may have no order are sorted.
        let (maps, lists) = (of("HashMap"), of("HashSet"));
        quote!(<#ty as __p::StaticField>::write(#place, &mut __o, #name, __p::Sort { maps: #maps, lists: #lists })?;)
    };
    let body = if node.is_enum {
        let arms = node.variants.iter().map(|variant| {
            let (pattern, places) = pattern(variant, |f| matches!(f.role, Role::Static(_)));
            let tag = &variant.tag;
            let writes = fixed(&variant.fields).zip(places).map(|((f, name), place)| write((f, name, place)));
            quote!(#pattern => { __p::write_variant(&mut __o, #tag); #(#writes)* })
        });
        quote!(match self { #(#arms)* })
    } else {
        let fields = node.variants.iter().flat_map(|v| fixed(&v.fields));
        let writes = fields.map(|(f, name)| {
            let member = f.member;
            write((f, name, quote!(&self.#member)))
        });
        quote!(#(#writes)*)
    };
    let fields = || node.variants.iter().flat_map(|v| fixed(&v.fields));
    let no_tensor = fields().map(|(field, _)| no_tensor(node, field));
    let holds = fields().next().map(|_| {
        quote!(
            use __p::HoldsNone as _;
        )
    });
    Some(quote! {
        #holds
        #(#no_tensor)*
        #[automatically_derived]
        impl #generics __p::Statics for #own_type #clause {
            fn to_json(&self) -> __p::Result<__p::StaticsValue, __p::StaticsError> {
                let mut __o = __p::StaticsObject::new();
                #body
                __p::Ok(__p::StaticsValue::Object(__o))
            }
        }
    })
}

/// The static fields with their names.
fn fixed<'n>(fields: &'n [NodeField<'_>]) -> impl Iterator<Item = (&'n NodeField<'n>, &'n str)> {
    fields.iter().filter_map(|f| match &f.role {
        Role::Static(name) => Some((f, name.as_str())),
        _ => None,
    })
}

/// Refuses a static tensor. A type that mentions a parameter cannot be checked here; for it the bound `StaticField` counts.
fn no_tensor(node: &Node<'_>, field: &NodeField<'_>) -> Option<TokenStream> {
    let NodeField { rust_name, ty, .. } = field;
    let generic = node.generics.params.iter().any(|param| match param {
        GenericParam::Type(p) => ty::mentions(ty.to_token_stream(), &p.ident),
        GenericParam::Const(p) => ty::mentions(ty.to_token_stream(), &p.ident),
        GenericParam::Lifetime(p) => ty::lifetimes(ty.to_token_stream()).contains(&p.lifetime.ident),
    });
    let message =
        format!("static field `{rust_name}` holds a tensor, and tensors are children: remove `#[pytree(static)]`");
    (!generic).then(|| quote_spanned!(ty.span()=> const _: () = __p::assert!(!__p::Holds::<#ty>::TENSORS, #message);))
}
