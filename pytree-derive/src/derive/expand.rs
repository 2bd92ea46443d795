//! What is written for a node: its static type, the impls that [`walks`] it, and what stands beside them.
//!
//! Calls name the trait and the field's own type tokens (`<Vec<Tensor> as PyTree<F>>::..`): a type that is no tree is
//! then underlined where the user wrote it, with nothing of this crate in the message.

use super::role::{NodeField, Role};
use super::valid::{Family, Node, NodeVariant};
use super::{remote, walks};
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
    let ways = walks::ways(node);
    let trees = match node.remote {
        Some(path) => remote::functions(node, path),
        None => {
            let py_tree = walks::py_tree(node);
            let owned = (!node.borrow_only).then(|| walks::owned_tree(node));
            let retype = retype(node);
            quote!(#py_tree #owned #retype)
        }
    };
    let statics = statics(node);
    quote! {
        #[allow(deprecated, unused_variables, unused_mut)]
        const _: () = {
            use #root::__private::{self as __p, OwnedTree as __Owned, PyTree as __Tree};
            #family
            #node_type
            #ways
            #trees
            #statics
        };
    }
}

impl Node<'_> {
    /// The family in an impl. A parameter has a name that explains itself where an error shows it.
    pub(crate) fn family(&self) -> TokenStream {
        match &self.family {
            Family::Any => quote!(__AnyFamily),
            Family::Named(_) | Family::Tch => quote!(__F),
        }
    }

    pub(crate) fn any_family(&self) -> Option<TokenStream> {
        matches!(self.family, Family::Any).then(|| quote!(__AnyFamily: __p::Family))
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = &NodeField<'_>> {
        self.variants.iter().flat_map(|v| &v.fields)
    }

    /// Whether the context has more than names: the variant, or static fields.
    pub(crate) fn has_statics(&self) -> bool {
        self.is_enum || self.fields().any(|f| matches!(f.role, Role::Static(_)))
    }

    /// Whether the list of its fields is only known with those of another type.
    pub(crate) fn is_joined(&self) -> bool {
        self.fields().any(|f| matches!(f.role, Role::Flatten))
    }

    /// `Type<T, N>`
    pub(crate) fn own_type(&self) -> TokenStream {
        let (ident, types) = (self.ident, Header(self.generics).types().to_token_stream());
        quote!(#ident #types)
    }

    /// `impl<..> Trait<F> for Target where ..`: `tree` is the trait that bounds what the tree holds.
    pub(crate) fn head(
        &self,
        tree: &TokenStream,
        what: &TokenStream,
        target: &TokenStream,
        owned: bool,
    ) -> TokenStream {
        let generics = Header(self.generics).params(self.any_family(), |param| self.bounds(param, tree));
        let clause = self.clause(self.predicates(owned));
        quote!(impl #generics #what for #target #clause)
    }

    /// What a parameter has to be, so that the fields that use it are what they are.
    pub(crate) fn bounds(&self, param: &TypeParam, tree: &TokenStream) -> Vec<TokenStream> {
        let Some(used) = self.used(param).filter(|_| self.bound.is_none()) else { return Vec::new() };
        let family = self.family();
        let tree = used.tree.then(|| quote!(#tree<#family>));
        let fixed = used.fixed.then(|| quote!(__p::StaticField));
        tree.into_iter().chain(fixed).collect()
    }

    /// What types of fields have to be, where no bound on a parameter says it; or what `bound` says.
    pub(crate) fn predicates(&self, owned: bool) -> Vec<TokenStream> {
        if let Some(bound) = self.bound {
            let family = self.family();
            return bound.iter().map(|p| params::with_family(p.to_token_stream(), &family)).collect();
        }
        let of_field = |field: &NodeField<'_>| {
            let ty = field.ty;
            let generic = self.params.iter().any(|p| params::mentions(ty.to_token_stream(), &p.param.ident));
            match field.role {
                Role::Leaf(_) if generic => Some(quote!(#ty: __p::AsLeaf)),
                Role::Skip(None) if generic && owned => Some(quote!(#ty: __p::Default)),
                _ => None,
            }
        };
        self.fields().filter_map(of_field).collect()
    }

    /// The where clause of the type, with more.
    pub(crate) fn clause(&self, mut more: Vec<TokenStream>) -> Option<TokenStream> {
        let own = Header(self.generics).clause();
        if let Family::Named(path) = &self.family {
            // A bound without parameters is checked where it stands: what is no family is told once, where it is named.
            more.push(quote_spanned!(path.span()=> #path: __p::Family));
        }
        if more.is_empty() {
            return own.map(ToTokens::to_token_stream);
        }
        let own = own.into_iter().flat_map(|clause| &clause.predicates);
        Some(quote!(where #(#own,)* #(#more),*))
    }

    pub(crate) fn used(&self, param: &TypeParam) -> Option<&params::Param<'_>> {
        self.params.iter().find(|p| p.param.ident == param.ident)
    }
}

/// The static that tells which node the type is; of an enum one per variant.
fn node_type(node: &Node<'_>) -> TokenStream {
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
        static __TAGS: [&str; #count] = [#(#tags),*];
        #[automatically_derived]
        impl #generics __p::Variant for #own_type #clause {
            fn node_type(&self) -> &'static __p::NodeType {
                match self { #(#arms)* }
            }
        }
    }
}

/// The type of a node some of whose fields are those of another type.
fn joined(node: &Node<'_>, of: &TokenStream) -> TokenStream {
    let family = node.family();
    let head = node.head(&quote!(__Tree), &quote!(__p::Joined<#family>), &node.own_type(), false);
    let parts = node.fields().filter_map(|field| match &field.role {
        Role::Flatten => {
            let ty = field.ty;
            Some(quote!(__p::Part::All(<#ty as __Tree<#family>>::FIELDS)))
        }
        role => role.child().map(|name| quote!(__p::Part::One(#name))),
    });
    // Without parameters the list is looked at where the type stands, so a mistake shows at once, at the field.
    let checks = node.fields().filter(|f| matches!(f.role, Role::Flatten) && node.generics.params.is_empty());
    let checks = checks.map(|NodeField { ty, rust_name, .. }| {
        let own_type = node.own_type();
        let no_struct = format!(
            "field `{rust_name}` cannot be flattened: its type is no struct with `#[derive(PyTree)]`, with named children and without static fields"
        );
        let twice = format!("flattening `{rust_name}` brings a name that another field has: rename one");
        quote_spanned! {ty.span()=>
            const _: () = __p::assert!(<#ty as __Tree<#family>>::FIELDS.is_some(), #no_struct);
            const _: () = __p::assert!(
                __p::distinct(<#own_type as __p::Joined<#family>>::PARTS, <#ty as __Tree<#family>>::FIELDS),
                #twice
            );
        }
    });
    let strict = !node.generics.params.is_empty();
    quote! {
        #[automatically_derived]
        #head {
            const NODE: __p::NodeType = #of;
            const STRICT: bool = #strict;
            const PARTS: &'static [__p::Part] = &[#(#parts),*];
        }
        #(#checks)*
    }
}

/// `Statics`, when there are static fields or variants; each field is checked not to be a tensor.
fn statics(node: &Node<'_>) -> Option<TokenStream> {
    if !node.has_statics() {
        return None;
    }
    let generics = Header(node.generics).params(None, |param| {
        let fixed = node.bound.is_none() && node.used(param).is_some_and(|p| p.fixed);
        fixed.then(|| quote!(__p::StaticField)).into_iter().collect()
    });
    let bound = node.bound.into_iter().flatten().filter(|p| !params::names_family(p));
    let clause = node.clause(bound.map(ToTokens::to_token_stream).collect());
    let own_type = node.own_type();
    let write = |(field, name, place): (&NodeField<'_>, &str, TokenStream)| {
        let ty = field.ty;
        quote!(<#ty as __p::StaticField>::write(#place, &mut __o, #name)?;)
    };
    let body = if node.is_enum {
        let arms = node.variants.iter().map(|variant| {
            let (pattern, places) = walks::pattern(variant, |f| matches!(f.role, Role::Static(_)));
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

/// Stops a static tensor. A type with parameters is not looked into: what it is made of is `StaticField`'s matter.
fn no_tensor(node: &Node<'_>, field: &NodeField<'_>) -> Option<TokenStream> {
    let NodeField { rust_name, ty, .. } = field;
    let generic = node.generics.params.iter().any(|param| match param {
        GenericParam::Type(p) => params::mentions(ty.to_token_stream(), &p.ident),
        GenericParam::Const(p) => params::mentions(ty.to_token_stream(), &p.ident),
        _ => ty_has_lifetime(ty),
    });
    let message = format!("static field `{rust_name}` is a tensor; a tensor is a child: remove `#[pytree(static)]`");
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
