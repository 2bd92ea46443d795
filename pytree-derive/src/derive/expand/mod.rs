//! What is written for a node: its static type, the impls that walk it, and the impls beside them.
//!
//! Calls name the trait and the field's own type tokens (`<Vec<Tensor> as PyTree<F>>::..`): the compiler then underlines a
//! type that is not a tree where the user wrote it, and its message names nothing of the expansion.

mod fallback;
mod node_type;
mod remote;
mod retype;
mod statics;
mod walks;
mod with;

pub(crate) use fallback::fallback;

use super::check::{Family, Node, NodeField, Param, Role, with_family};
use crate::header::Header;
use crate::root;
use crate::ty;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::TypeParam;
use syn::spanned::Spanned;

/// Everything written for a node, in one `const _`.
///
/// `deprecated` is that lint, if it is allowed.
pub(crate) fn expand(node: &Node<'_>, deprecated: Option<&TokenStream>) -> TokenStream {
    let plumbing = node.root.plumbing();
    let family = match &node.family {
        Family::Any => None,
        Family::Named(path) => Some(quote!(type __F = #path;)),
        Family::Tch => Some(root::default_family()),
    };
    let node_type = node_type::node_type(node);
    let ways = with::ways(node);
    let trees = match node.remote {
        Some(path) => remote::functions(node, path),
        None => {
            let py_tree = walks::py_tree(node);
            let owned = (!node.borrow_only).then(|| walks::owned_tree(node));
            let retype = retype::retype(node);
            quote!(#py_tree #owned #retype)
        }
    };
    let statics = statics::statics(node);
    quote! {
        #[allow(#deprecated unused_variables, unused_mut)]
        const _: () = {
            use #plumbing::{self as __p, OwnedTree as __Owned, PyTree as __Tree};
            #family
            #node_type
            #ways
            #trees
            #statics
        };
    }
}

impl Node<'_> {
    /// The family in an impl. The name of the parameter explains itself, since error messages show it.
    fn family(&self) -> TokenStream {
        match &self.family {
            Family::Any => quote!(__AnyFamily),
            Family::Named(_) | Family::Tch => quote!(__F),
        }
    }

    /// The parameter of an impl for every family.
    fn any_family(&self) -> Option<TokenStream> {
        matches!(self.family, Family::Any).then(|| quote!(__AnyFamily: __p::Family))
    }

    fn fields(&self) -> impl Iterator<Item = &NodeField<'_>> {
        self.variants.iter().flat_map(|v| &v.fields)
    }

    /// Whether the context has more than names: a variant or static fields.
    fn has_statics(&self) -> bool {
        self.is_enum || self.fields().any(|f| matches!(f.role, Role::Static(_)))
    }

    /// Whether its fields are known only together with those of another type.
    fn is_joined(&self) -> bool {
        self.fields().any(|f| matches!(f.role, Role::Flatten))
    }

    /// `Type<T, N>`
    fn own_type(&self) -> TokenStream {
        let (ident, types) = (self.ident, Header(self.generics).types().to_token_stream());
        quote!(#ident #types)
    }

    /// `impl<..> Trait<F> for Target where ..`: `tree` is the trait that bounds what the tree holds.
    fn head(&self, tree: &TokenStream, what: &TokenStream, target: &TokenStream, owned: bool) -> TokenStream {
        let generics = Header(self.generics).params(self.any_family(), |param| self.bounds(param, tree));
        let clause = self.clause(self.predicates(owned));
        quote!(impl #generics #what for #target #clause)
    }

    /// The bounds of a parameter, by the roles of the fields that use it.
    fn bounds(&self, param: &TypeParam, tree: &TokenStream) -> Vec<TokenStream> {
        let Some(used) = self.used(param).filter(|_| self.bound.is_none()) else { return Vec::new() };
        let family = self.family();
        let tree = used.tree.then(|| quote!(#tree<#family>));
        let fixed = used.fixed.then(|| quote!(__p::StaticField));
        tree.into_iter().chain(fixed).collect()
    }

    /// The bounds of field types that no bound on a parameter can express; or the predicates of `bound`.
    fn predicates(&self, owned: bool) -> Vec<TokenStream> {
        if let Some(bound) = self.bound {
            let family = self.family();
            return bound.iter().map(|p| with_family(p.to_token_stream(), &family)).collect();
        }
        let of_field = |field: &NodeField<'_>| {
            let ty = field.ty;
            let generic = self.params.iter().any(|p| ty::mentions(ty.to_token_stream(), &p.param.ident));
            match field.role {
                Role::Leaf(_) if generic => Some(quote!(#ty: __p::AsLeaf)),
                Role::Skip(None) if generic && owned => Some(quote!(#ty: __p::Default)),
                _ => None,
            }
        };
        self.fields().filter_map(of_field).collect()
    }

    /// The where clause of the type, extended by the predicates `more`.
    fn clause(&self, mut more: Vec<TokenStream>) -> Option<TokenStream> {
        let own = Header(self.generics).clause();
        if let Family::Named(path) = &self.family {
            // A bound without parameters is checked where it stands, so a type that is not a family is reported once.
            more.push(quote_spanned!(path.span()=> #path: __p::Family));
        }
        if more.is_empty() {
            return own.map(ToTokens::to_token_stream);
        }
        let own = own.into_iter().flat_map(|clause| &clause.predicates);
        Some(quote!(where #(#own,)* #(#more),*))
    }

    /// The uses of a parameter.
    fn used(&self, param: &TypeParam) -> Option<&Param<'_>> {
        self.params.iter().find(|p| p.param.ident == param.ident)
    }
}
