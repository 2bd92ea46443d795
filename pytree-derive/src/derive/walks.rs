//! The lists of fields, one per way of walking, and the traits that hold them.

use super::role::{NodeField, Role};
use super::valid::{Node, NodeVariant};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};

/// What is done with the fields that a list shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Walk {
    Read,
    Change,
    Take,
}

/// `PyTree`: reading.
pub(crate) fn py_tree(node: &Node<'_>) -> TokenStream {
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
pub(crate) fn owned_tree(node: &Node<'_>) -> TokenStream {
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

/// What comes before a use of the node's type, and the type itself.
pub(crate) fn type_of(node: &Node<'_>, value: &TokenStream) -> (Option<TokenStream>, TokenStream) {
    let family = node.family();
    if node.is_enum {
        (Some(quote!(let __ty = __p::Variant::node_type(#value);)), quote!(__ty))
    } else if node.is_joined() {
        (None, quote!(<Self as __p::Joined<#family>>::TYPE))
    } else {
        (None, quote!(&__TYPE))
    }
}

/// The names that the fields have among those of another type; only of a struct that could stand there.
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
pub(crate) fn list(node: &Node<'_>, walk: Walk, value: &TokenStream) -> TokenStream {
    let family = node.family();
    let mut ways = 0..;
    let mut call = |field: &NodeField<'_>, place: TokenStream| {
        let way = if matches!(field.role, Role::With(..)) { ways.next().unwrap_or_default() } else { 0 };
        show(field, walk, &family, &place, way)
    };
    if node.is_enum {
        let arms = node.variants.iter().map(|variant| {
            let (pattern, places) = pattern(variant, shown);
            let calls: Vec<TokenStream> =
                variant.fields.iter().filter(|f| shown(f)).zip(places).map(|(f, place)| call(f, place)).collect();
            quote!(#pattern => { #(#calls)* })
        });
        return quote!(match #value { #(#arms)* });
    }
    let calls = node.fields().filter(|f| shown(f)).map(|field| {
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

fn shown(field: &NodeField<'_>) -> bool {
    field.role.child().is_some() || matches!(field.role, Role::Flatten)
}

/// `Self::Variant { x: __f0, .. }` and the names that it binds, for the fields that are `wanted`.
pub(crate) fn pattern(
    variant: &NodeVariant<'_>,
    wanted: impl Fn(&NodeField<'_>) -> bool,
) -> (TokenStream, Vec<TokenStream>) {
    let ident = variant.ident;
    let members: Vec<_> = variant.fields.iter().filter(|f| wanted(f)).map(|f| f.member).collect();
    let places: Vec<TokenStream> = (0..members.len()).map(|i| format_ident!("__f{i}").to_token_stream()).collect();
    (quote!(Self::#ident { #(#members: #places,)* .. }), places)
}

/// One field, shown.
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

/// The value, made of its fields: `target` is its type.
pub(crate) fn rebuild_fields(node: &Node<'_>, target: &TokenStream) -> TokenStream {
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

fn way_name(way: usize) -> proc_macro2::Ident {
    format_ident!("__With{way}")
}

/// A type for each field with `with = ..`, which carries its functions.
pub(crate) fn ways(node: &Node<'_>) -> TokenStream {
    let family = node.family();
    let with = |field: &NodeField<'_>| match &field.role {
        Role::With(_, path) => {
            let span = path.segments.last().map_or_else(proc_macro2::Span::call_site, |s| s.ident.span());
            Some((field.ty.to_token_stream(), (turbofish(path), span)))
        }
        _ => None,
    };
    let ways = node.fields().filter_map(with).enumerate().map(|(i, (ty, path))| {
        let (way, own_type) = (way_name(i), node.own_type());
        // A function that is not there is told where the module is named.
        let of = |name: &str| {
            let name = proc_macro2::Ident::new(name, path.1);
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

/// A path as an expression takes it: `Def::<T>`.
pub(crate) fn turbofish(path: &syn::Path) -> TokenStream {
    let mut path = path.clone();
    for segment in &mut path.segments {
        if let syn::PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
            arguments.colon2_token.get_or_insert_with(Default::default);
        }
    }
    path.to_token_stream()
}
