//! What is written for a node: its static type, and the impls that walk, take apart and rebuild it.
//!
//! Calls name the trait and the field's own type tokens (`<Vec<Tensor> as PyTree<F>>::..`): a type that is no tree is
//! then underlined where the user wrote it, with nothing of this crate in the message.

use super::valid::{Family, Kind, Node, NodeField, Role};
use crate::header::Header;
use crate::name::plain;
use crate::params;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericParam, Type, TypeParam};

/// All that is written for a node, in one `const _`.
pub(crate) fn expand(node: &Node<'_>) -> TokenStream {
    let root = node.root;
    let family = match &node.family {
        Family::Any => None,
        Family::Named(path) => Some(quote!(type __F = #path;)),
        Family::Tch => Some(quote!(type __F = #root::Tch;)),
    };
    let node_type = node_type(node);
    let statics = statics(node);
    let py_tree = py_tree(node);
    let owned = (!node.borrow_only).then(|| owned_tree(node));
    let retype = retype(node);
    quote! {
        #[allow(deprecated, unused_variables, unused_mut)]
        const _: () = {
            use #root::__private::{self as __p, OwnedTree as __Owned, PyTree as __Tree};
            #family
            #node_type
            #py_tree
            #owned
            #retype
            #statics
        };
    }
}

impl Node<'_> {
    /// The family in an impl. A parameter has a name that explains itself where an error shows it.
    fn family(&self) -> TokenStream {
        match &self.family {
            Family::Any => quote!(__AnyFamily),
            Family::Named(_) | Family::Tch => quote!(__F),
        }
    }

    fn children(&self) -> impl Iterator<Item = &NodeField<'_>> {
        self.fields.iter().filter(|f| matches!(f.role, Role::Child(_)))
    }

    fn statics(&self) -> impl Iterator<Item = (&NodeField<'_>, &str)> {
        self.fields.iter().filter_map(|f| match &f.role {
            Role::Static(name) => Some((f, name.as_str())),
            _ => None,
        })
    }

    /// `impl<..> Trait<F> for Type<..> where ..`: `tree` is the trait, and the bound of what the tree holds.
    fn head(&self, tree: TokenStream, owned: bool) -> TokenStream {
        let header = Header(self.generics);
        let family = self.family();
        let any = matches!(self.family, Family::Any).then(|| quote!(__AnyFamily: __p::Family));
        let generics = header.params(any, |param| {
            let Some(used) = self.used(param) else { return Vec::new() };
            let tree = used.tree.then(|| quote!(#tree<#family>));
            let fixed = used.fixed.then(|| quote!(__p::StaticField));
            let default = (used.skip && owned).then(|| quote!(__p::Default));
            tree.into_iter().chain(fixed).chain(default).collect()
        });
        let (ident, types, clause) = (self.ident, header.types(), header.clause());
        quote!(impl #generics #tree<#family> for #ident #types #clause)
    }

    fn used(&self, param: &TypeParam) -> Option<&params::Param<'_>> {
        self.params.iter().find(|p| p.param.ident == param.ident)
    }
}

/// The static that tells which node the type is.
fn node_type(node: &Node<'_>) -> TokenStream {
    let rust_name = plain(node.ident);
    let kind = match node.kind {
        Kind::Dataclass => quote!(Dataclass),
        Kind::Mapping => quote!(Mapping),
        Kind::Dict => quote!(Dict),
        Kind::Tuple => quote!(Tuple),
        Kind::List => quote!(List),
    };
    let name = match &node.name {
        Some(name) => quote!(#name),
        None if node.kind.is_class() => quote!(__p::python_name!(#rust_name)),
        None => quote!(""),
    };
    let fields = node.children().map(|f| match &f.role {
        Role::Child(name) => name.as_str(),
        _ => "",
    });
    quote! {
        static __TYPE: __p::NodeType = __p::NodeType {
            kind: __p::Kind::#kind,
            name: #name,
            rust_name: #rust_name,
            fields: &[#(#fields),*],
        };
    }
}

/// `PyTree`: reading.
fn py_tree(node: &Node<'_>) -> TokenStream {
    let family = node.family();
    let head = node.head(quote!(__Tree), false);
    let fields = node
        .children()
        .map(|NodeField { ident, ty, .. }| quote!(<#ty as __Tree<#family>>::walk_field(&self.#ident, __w);));
    let statics = node.statics().next().map(|_| {
        quote! {
            fn statics(&self) -> __p::Option<&dyn __p::Statics> {
                __p::Some(self)
            }
        }
    });
    quote! {
        #[automatically_derived]
        #head {
            fn walk<'__a, __V: __p::Visitor<'__a, #family>>(&'__a self, __v: &mut __V) -> __p::Flow<__V::Break> {
                __p::walk_struct(self, &__TYPE, __v)
            }
            fn walk_fields<'__a, __W: __p::Fields<'__a, #family>>(&'__a self, __w: &mut __W) {
                #(#fields)*
            }
            #statics
        }
    }
}

/// `OwnedTree`: changing, taking apart, rebuilding.
fn owned_tree(node: &Node<'_>) -> TokenStream {
    let family = node.family();
    let head = node.head(quote!(__Owned), true);
    let walk_mut = node
        .children()
        .map(|NodeField { ident, ty, .. }| quote!(<#ty as __Owned<#family>>::walk_field_mut(&mut self.#ident, __w);));
    let into_walk = node
        .children()
        .map(|NodeField { ident, ty, .. }| quote!(<#ty as __Owned<#family>>::into_field(self.#ident, __w);));
    let has_statics = node.statics().next().is_some();
    let rebuild = node.fields.iter().map(|NodeField { ident, ty, role }| match role {
        Role::Child(_) => quote!(#ident: <#ty as __Owned<#family>>::rebuild_field(__r)?),
        Role::Static(name) => quote!(#ident: <#ty as __p::StaticField>::read(__r, #name)?),
        Role::Skip => quote!(#ident: <#ty as __p::Default>::default()),
    });
    quote! {
        #[automatically_derived]
        #head {
            fn walk_mut<__V: __p::VisitorMut<#family>>(&mut self, __v: &mut __V) -> __p::Flow<__V::Break> {
                __p::walk_struct_mut(self, &__TYPE, __v)
            }
            fn into_walk<__V: __p::VisitorOwned<#family>>(self, __v: &mut __V) -> __p::Flow<__V::Break> {
                __p::into_struct(self, &__TYPE, __v)
            }
            fn rebuild<__S: __p::Source<#family>>(__s: &mut __S) -> __p::Rebuilt<Self> {
                __p::rebuild_struct(&__TYPE, #has_statics, __s)
            }
            fn walk_fields_mut<__W: __p::FieldsMut<#family>>(&mut self, __w: &mut __W) {
                #(#walk_mut)*
            }
            fn into_fields<__W: __p::FieldsOwned<#family>>(self, __w: &mut __W) {
                #(#into_walk)*
            }
            fn rebuild_fields<__S: __p::Source<#family>>(__r: &mut __p::Rebuilder<'_, __S>) -> __p::Rebuilt<Self> {
                __p::Ok(Self { #(#rebuild),* })
            }
        }
    }
}

/// `Statics`, when there are static fields; each is checked not to be a tensor.
fn statics(node: &Node<'_>) -> Option<TokenStream> {
    node.statics().next()?;
    let header = Header(node.generics);
    let generics = header.params(None, |param| {
        let fixed = node.used(param).is_some_and(|p| p.fixed);
        fixed.then(|| quote!(__p::StaticField)).into_iter().collect()
    });
    let (ident, types, clause) = (node.ident, header.types(), header.clause());
    let write = node.statics().map(
        |(NodeField { ident, ty, .. }, name)| quote!(<#ty as __p::StaticField>::write(&self.#ident, &mut __o, #name)?;),
    );
    let no_tensor = node.statics().map(|(field, _)| no_tensor(node, field));
    Some(quote! {
        use __p::HoldsNone as _;
        #(#no_tensor)*
        #[automatically_derived]
        impl #generics __p::Statics for #ident #types #clause {
            fn to_json(&self) -> __p::Result<__p::StaticsValue, __p::StaticsError> {
                let mut __o = __p::StaticsObject::new();
                #(#write)*
                __p::Ok(__p::StaticsValue::Object(__o))
            }
        }
    })
}

/// Stops a static tensor. A type with parameters is not looked into: what it is made of is `StaticField`'s matter.
fn no_tensor(node: &Node<'_>, field: &NodeField<'_>) -> Option<TokenStream> {
    let NodeField { ident, ty, .. } = field;
    let generic = node.generics.params.iter().any(|param| match param {
        GenericParam::Type(p) => params::mentions(ty.to_token_stream(), &p.ident),
        GenericParam::Const(p) => params::mentions(ty.to_token_stream(), &p.ident),
        _ => ty_has_lifetime(ty),
    });
    let message = format!("static field `{ident}` is a tensor; a tensor is a child: remove `#[pytree(static)]`");
    (!generic).then(|| quote_spanned!(ty.span()=> const _: () = __p::assert!(!__p::Holds::<#ty>::TENSORS, #message);))
}

fn ty_has_lifetime(ty: &Type) -> bool {
    ty.to_token_stream().to_string().contains('\'')
}

/// `Retype`, when the type is generic over what it holds and nothing bounds it.
fn retype(node: &Node<'_>) -> Option<TokenStream> {
    let header = Header(node.generics);
    let tree = |param: &TypeParam| node.used(param).is_some_and(|p| p.tree);
    let bounded = node.params.iter().filter(|p| p.tree).any(|p| {
        let mentioned = |clause: &syn::WhereClause| params::mentions(clause.to_token_stream(), &p.param.ident);
        !p.param.bounds.is_empty() || header.clause().is_some_and(mentioned)
    });
    if !matches!(node.family, Family::Any) || node.borrow_only || bounded {
        return None;
    }
    let generics = header.params(None, |p| if tree(p) { vec![quote!(__p::Retype)] } else { Vec::new() });
    let (ident, types, clause) = (node.ident, header.types(), header.clause());
    let others = node.generics.params.iter().map(|param| match param {
        GenericParam::Type(p) if tree(p) => {
            let ident = &p.ident;
            quote!(<#ident as __p::Retype>::As<__U>)
        }
        GenericParam::Type(p) => p.ident.to_token_stream(),
        GenericParam::Const(p) => p.ident.to_token_stream(),
        other => other.to_token_stream(),
    });
    Some(quote! {
        #[automatically_derived]
        impl #generics __p::Retype for #ident #types #clause {
            type As<__U> = #ident<#(#others),*>;
        }
    })
}
