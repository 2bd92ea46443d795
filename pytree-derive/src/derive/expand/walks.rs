//! `PyTree` and `OwnedTree`: the lists of fields, one for each way of walking, and the impls that hold them.

use super::with::way_name;
use crate::derive::check::{Node, NodeField, NodeVariant, Role};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};

/// What a walk does with the fields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Walk {
    Read,
    Change,
    Take,
}

/// `PyTree`: reading.
pub(super) fn py_tree(node: &Node<'_>) -> TokenStream {
    let family = node.family();
    let head = node.head(&quote!(__Tree), &quote!(__Tree<#family>), &node.own_type(), false);
    let fields = list(node, Walk::Read, &quote!(self));
    let (get, ty) = type_of(node, &quote!(self));
    let names = names(node);
    let statics = node.has_statics().then(|| {
        quote! {
            fn statics(&self) -> __p::Option<&dyn __p::Statics> {
                __p::Some(self)
            }
        }
    });
    quote! {
        #[automatically_derived]
        #head {
            #names
            fn walk<'__a, __V: __p::Visitor<'__a, #family>>(&'__a self, __v: &mut __V) -> __p::Flow<__V::Break> {
                #get
                __p::walk_struct(self, #ty, __v)
            }
            fn walk_fields<'__a, __W: __p::Fields<'__a, #family>>(&'__a self, __w: &mut __W) {
                #fields
            }
            #statics
        }
    }
}

/// `OwnedTree`: changing, taking apart, rebuilding.
pub(super) fn owned_tree(node: &Node<'_>) -> TokenStream {
    let family = node.family();
    let head = node.head(&quote!(__Owned), &quote!(__Owned<#family>), &node.own_type(), true);
    let (get_mut, ty_mut) = type_of(node, &quote!(self));
    let (get, ty) = type_of(node, &quote!(&self));
    let walk_mut = list(node, Walk::Change, &quote!(self));
    let into_walk = list(node, Walk::Take, &quote!(self));
    let rebuild = if node.is_enum {
        quote!(__p::rebuild_enum(&__TYPES, &__TAGS, __s))
    } else {
        let statics = node.has_statics();
        quote!(__p::rebuild_struct(#ty, #statics, __s))
    };
    let rebuild_fields = rebuild_fields(node, &quote!(Self));
    quote! {
        #[automatically_derived]
        #head {
            fn walk_mut<__V: __p::VisitorMut<#family>>(&mut self, __v: &mut __V) -> __p::Flow<__V::Break> {
                #get_mut
                __p::walk_struct_mut(self, #ty_mut, __v)
            }
            fn into_walk<__V: __p::VisitorOwned<#family>>(self, __v: &mut __V) -> __p::Flow<__V::Break> {
                #get
                __p::into_struct(self, #ty, __v)
            }
            fn rebuild<__S: __p::Source<#family>>(__s: &mut __S) -> __p::Rebuilt<Self> {
                #rebuild
            }
            fn walk_fields_mut<__W: __p::FieldsMut<#family>>(&mut self, __w: &mut __W) {
                #walk_mut
            }
            fn into_fields<__W: __p::FieldsOwned<#family>>(self, __w: &mut __W) {
                #into_walk
            }
            fn rebuild_fields<__S: __p::Source<#family>>(__r: &mut __p::Rebuilder<'_, __S>) -> __p::Rebuilt<Self> {
                #rebuild_fields
            }
        }
    }
}

/// The statement needed before the static node type of `value` can be used, and the node type.
pub(super) fn type_of(node: &Node<'_>, value: &TokenStream) -> (Option<TokenStream>, TokenStream) {
    let family = node.family();
    if node.is_enum {
        (Some(quote!(let __ty = __p::Variant::node_type(#value);)), quote!(__ty))
    } else if node.is_joined() {
        (None, quote!(<Self as __p::Joined<#family>>::TYPE))
    } else {
        (None, quote!(&__TYPE))
    }
}

/// The names that the fields have in a node that flattens this type; only for a struct that can be flattened.
fn names(node: &Node<'_>) -> Option<TokenStream> {
    if !node.kind.names || node.has_statics() {
        return None;
    }
    let (_, ty) = type_of(node, &TokenStream::new());
    Some(if node.is_joined() {
        quote!(const FIELDS: __p::FieldNames = __p::Some(#ty.fields);)
    } else {
        quote!(
            const FIELDS: __p::FieldNames = __p::Some(__TYPE.fields);
        )
    })
}

/// Shows every field of `value` to `__w`.
pub(super) fn list(node: &Node<'_>, walk: Walk, value: &TokenStream) -> TokenStream {
    let family = node.family();
    let mut ways = 0..;
    let mut call = |field: &NodeField<'_>, place: TokenStream| {
        let way = if matches!(field.role, Role::With(..)) { ways.next().unwrap_or_default() } else { 0 };
        show(field, walk, &family, &place, way)
    };
    if node.is_enum {
        let arms = node.variants.iter().map(|variant| {
            let (pattern, places) = pattern(variant, |f| f.role.has_children());
            let calls: Vec<TokenStream> = variant
                .fields
                .iter()
                .filter(|f| f.role.has_children())
                .zip(places)
                .map(|(f, place)| call(f, place))
                .collect();
            quote!(#pattern => { #(#calls)* })
        });
        return quote!(match #value { #(#arms)* });
    }
    let calls = node.fields().filter(|f| f.role.has_children()).map(|field| {
        let member = field.member;
        let place = match walk {
            Walk::Read => quote!(&#value.#member),
            Walk::Change => quote!(&mut #value.#member),
            Walk::Take => quote!(#value.#member),
        };
        call(field, place)
    });
    quote!(#(#calls)*)
}

/// `Self::Variant { x: __f0, .. }` and the names that it binds, for the `wanted` fields.
pub(super) fn pattern(
    variant: &NodeVariant<'_>,
    wanted: impl Fn(&NodeField<'_>) -> bool,
) -> (TokenStream, Vec<TokenStream>) {
    let ident = variant.ident;
    let members: Vec<_> = variant.fields.iter().filter(|f| wanted(f)).map(|f| f.member).collect();
    let places: Vec<TokenStream> = (0..members.len()).map(|i| format_ident!("__f{i}").to_token_stream()).collect();
    (quote!(Self::#ident { #(#members: #places,)* .. }), places)
}

/// The call that shows one field to `__w`.
fn show(field: &NodeField<'_>, walk: Walk, family: &TokenStream, place: &TokenStream, way: usize) -> TokenStream {
    let ty = field.ty;
    let (tree, method, list) = match walk {
        Walk::Read => (quote!(__Tree), quote!(walk_field), quote!(walk_fields)),
        Walk::Change => (quote!(__Owned), quote!(walk_field_mut), quote!(walk_fields_mut)),
        Walk::Take => (quote!(__Owned), quote!(into_field), quote!(into_fields)),
    };
    match &field.role {
        Role::Leaf(_) => quote!(<#ty as __p::AsLeaf>::#method(#place, __w);),
        Role::With(..) => {
            let way = way_name(way);
            quote!(__w.with::<#ty, #way<Self>>(#place);)
        }
        Role::Flatten => quote!(<#ty as #tree<#family>>::#list(#place, __w);),
        _ => quote!(<#ty as #tree<#family>>::#method(#place, __w);),
    }
}

/// The value of type `target`, made of its fields.
pub(super) fn rebuild_fields(node: &Node<'_>, target: &TokenStream) -> TokenStream {
    let family = node.family();
    let mut ways = 0..;
    let mut value = |NodeField { member, ty, role, .. }: &NodeField<'_>| {
        let value = match role {
            Role::Child(_) => quote!(<#ty as __Owned<#family>>::rebuild_field(__r)?),
            Role::Leaf(_) => quote!(<#ty as __p::AsLeaf>::rebuild_field(__r)?),
            Role::With(..) => {
                let way = way_name(ways.next().unwrap_or_default());
                quote!(__r.with::<#family, #ty, #way<Self>>()?)
            }
            Role::Flatten => quote!(<#ty as __Owned<#family>>::rebuild_fields(__r)?),
            Role::Static(name) => quote!(<#ty as __p::StaticField>::read(__r, #name)?),
            Role::Skip(None) => quote!(<#ty as __p::Default>::default()),
            Role::Skip(Some(path)) => quote!(#path()),
        };
        quote!(#member: #value)
    };
    if !node.is_enum {
        let fields = node.fields().map(value);
        return quote!(__p::Ok(#target { #(#fields),* }));
    }
    let arms = node.variants.iter().enumerate().map(|(i, variant)| {
        let (ident, fields) = (variant.ident, variant.fields.iter().map(&mut value).collect::<Vec<_>>());
        quote!(#i => #target::#ident { #(#fields),* },)
    });
    quote!(__p::Ok(match __r.variant() { #(#arms)* _ => return __p::Err(__r.no_struct()) }))
}
