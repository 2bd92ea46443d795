//! `PyTree` and `OwnedTree`: the lists of fields, one for each way of walking, and the impls that hold them.

use super::with::way_name;
use crate::derive::check::{Node, NodeField, NodeVariant, Role};
use crate::ty;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Ident, Type};

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
    // A type that implements `Drop` is reported here with the cure; the compiler's own error about the moves then stays away.
    let span = node.ident.span();
    let movable = node.fields().any(|f| f.role.has_children()).then(|| {
        let asked = quote_spanned!(span=> __p::Whole::<Self>::OF.movable(););
        quote! {
            use __p::AllMovable as _;
            #asked
        }
    });
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
                #movable
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
    let mut ways = 0..;
    let mut call = |field: &NodeField<'_>, place: TokenStream| {
        let way = if matches!(field.role, Role::With(..)) { ways.next().unwrap_or_default() } else { 0 };
        show(node, field, walk, &place, way)
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
fn show(node: &Node<'_>, field: &NodeField<'_>, walk: Walk, place: &TokenStream, way: usize) -> TokenStream {
    let (ty, family, tree) = (field.ty, node.family(), node.tree(field, walk));
    let (method, list) = match (walk, node.is_read_as_owned(field)) {
        (Walk::Read, false) => (quote!(walk_field), quote!(walk_fields)),
        (Walk::Read, true) => (quote!(read_field), quote!(read_fields)),
        (Walk::Change, _) => (quote!(walk_field_mut), quote!(walk_fields_mut)),
        (Walk::Take, _) => (quote!(into_field), quote!(into_fields)),
    };
    match &field.role {
        Role::Leaf(_) => match walk {
            Walk::Read => quote!(<#ty as __p::AsLeaf>::walk_field(#place, __w);),
            _ => quote!(<#ty as __p::AsLeaf>::#method(#place, __w);),
        },
        Role::With(..) => {
            let way = way_name(way);
            quote!(__w.with::<#ty, #way<Self>>(#place);)
        }
        Role::Flatten => quote!(<#ty as #tree<#family>>::#list(#place, __w);),
        _ if walk == Walk::Read && node.is_reported_as_owned(field) => {
            quote! {
                {
                    #[allow(unused_imports)]
                    use __p::Unread as _;
                    __p::Reader::<#family, #ty>::OF.walk_field(#place, __w);
                }
            }
        }
        _ => quote!(<#ty as #tree<#family>>::#method(#place, __w);),
    }
}

impl Node<'_> {
    /// Whether even reading calls `OwnedTree`, so that the compiler reports a type that is not a tree once for all impls.
    /// A type that mentions a parameter of the struct is only known to be readable there.
    pub(super) fn is_read_as_owned(&self, field: &NodeField<'_>) -> bool {
        let mentions = |ident: &Ident| ty::mentions(field.ty.to_token_stream(), ident);
        let own = Ident::new("Self", Span::call_site());
        let generic =
            self.params.iter().any(|p| mentions(&p.param.ident)) || (!self.params.is_empty() && mentions(&own));
        !self.borrow_only && !generic
    }

    /// Whether the compiler reports the type of a child at the impl of `OwnedTree` alone: a type that mentions a parameter. A
    /// parameter by itself is always a tree, unless the user gives the bounds.
    fn is_reported_as_owned(&self, field: &NodeField<'_>) -> bool {
        !self.borrow_only && !self.is_read_as_owned(field) && (!self.is_param(field) || self.bound.is_some())
    }

    fn is_param(&self, field: &NodeField<'_>) -> bool {
        let is = |ident: &Ident| self.params.iter().any(|p| p.param.ident == *ident);
        matches!(field.ty, Type::Path(path) if path.path.get_ident().is_some_and(is))
    }

    /// The trait by which a walk reaches a child.
    fn tree(&self, field: &NodeField<'_>, walk: Walk) -> TokenStream {
        if walk == Walk::Read && !self.is_read_as_owned(field) {
            return quote!(__Tree);
        }
        match (&field.role, ty::hint(field.ty)) {
            (Role::Child(_), Some(hint)) => {
                let hint = format_ident!("{hint}");
                quote!(__p::#hint)
            }
            (Role::Child(_), None) if self.is_reported_as_owned(field) && !self.is_param(field) => quote!(__p::Child),
            _ => quote!(__Owned),
        }
    }
}

/// The value of type `target`, made of its fields.
pub(super) fn rebuild_fields(node: &Node<'_>, target: &TokenStream) -> TokenStream {
    let family = node.family();
    let mut ways = 0..;
    let mut value = |field: &NodeField<'_>| {
        let NodeField { member, ty, role, .. } = field;
        let tree = node.tree(field, Walk::Take);
        let value = match role {
            Role::Child(_) => quote!(<#ty as #tree<#family>>::rebuild_field(__r)?),
            Role::Leaf(_) => quote!(<#ty as __p::AsLeaf>::rebuild_field(__r)?),
            Role::With(..) => {
                let way = way_name(ways.next().unwrap_or_default());
                quote!(__r.with::<#family, #ty, #way<Self>>()?)
            }
            Role::Flatten => quote!(<#ty as __Owned<#family>>::rebuild_fields(__r)?),
            Role::Static(name) => quote!(<#ty as __p::StaticField>::read(__r, #name)?),
            Role::Skip(None) => quote!(<#ty as __p::Skipped>::skipped()),
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
