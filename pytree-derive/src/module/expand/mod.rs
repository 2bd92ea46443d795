//! What is written for a model: the type of its arguments, the two functions that make them, and `Module`.

mod arguments;
mod call;
mod fallback;

pub(crate) use fallback::fallback;

use super::check::{Default, Holds, Model, Parameter};
use crate::root;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

/// How arguments are made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    /// `Model::args(..)`
    OfType,
    /// `function.args(..)`: the type of a function has no name.
    OfValue,
}

/// Everything written beside the block, in one `const _`.
///
/// `deprecated` is that lint, if it is allowed.
pub(crate) fn expand(model: &Model<'_>, made: Made, deprecated: Option<&TokenStream>) -> TokenStream {
    let plumbing = model.root.plumbing();
    let family = model.family.is_none().then(root::default_family);
    let (count, parameters) = (model.parameters.len(), model.parameters.iter().map(parameter));
    let arguments = arguments::arguments(model);
    let positional = arguments::positional(model);
    let constructors = arguments::constructors(model, made);
    let module = call::module(model);
    quote! {
        #[allow(#deprecated dead_code, unreachable_pub, private_bounds, private_interfaces, unused_variables)]
        const _: () = {
            use #plumbing as __p;
            #family
            static __PARAMETERS: [__p::Parameter; #count] = [#(#parameters),*];
            static __SIGNATURE: __p::Signature = __p::Signature::of(&__PARAMETERS);
            #arguments
            #positional
            #constructors
            #module
        };
    }
}

/// `Parameter::required("x")`
fn parameter(parameter: &Parameter) -> TokenStream {
    let name = &parameter.name;
    let optional = !matches!(parameter.default, Default::Required);
    match parameter.slot.holds {
        Holds::VarArgs => quote!(__p::Parameter::new(#name, __p::ParameterKind::VarPositional)),
        Holds::VarKwargs => quote!(__p::Parameter::new(#name, __p::ParameterKind::VarKeyword)),
        Holds::One if parameter.keyword => {
            quote!(__p::keyword_only(#name, #optional))
        }
        Holds::One if optional => quote!(__p::Parameter::optional(#name)),
        Holds::One => quote!(__p::Parameter::required(#name)),
    }
}

impl Model<'_> {
    fn family(&self) -> TokenStream {
        self.family.map_or_else(|| quote!(__F), ToTokens::to_token_stream)
    }

    /// The type of the arguments.
    fn args(&self) -> &syn::Ident {
        &self.args
    }

    /// `(Option<A>, VarArgs<B>)`
    fn slots(&self) -> TokenStream {
        let types = self.parameters.iter().map(|p| p.slot.holder());
        quote!((#(#types,)*))
    }

    /// The bounds on the family and the arguments. A bound without parameters is checked where it stands, at the type that
    /// the user wrote, and reported once for all impls that repeat it.
    fn trees(&self) -> Vec<TokenStream> {
        let family = self.family();
        let named = self.family.map(|path| quote_spanned!(path.span()=> #path: __p::Family));
        let arguments = self
            .parameters
            .iter()
            .map(|Parameter { slot, .. }| &slot.ty)
            .map(|ty| quote_spanned!(ty.span()=> #ty: __p::OwnedTree<#family>));
        named.into_iter().chain(arguments).collect()
    }

    /// `cache, *rest, z`
    fn names(&self) -> String {
        let star = |p: &Parameter| match p.slot.holds {
            Holds::One => p.name.clone(),
            Holds::VarArgs => format!("*{}", p.name),
            Holds::VarKwargs => format!("**{}", p.name),
        };
        self.parameters.iter().map(star).collect::<Vec<_>>().join(", ")
    }
}
