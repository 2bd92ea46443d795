//! What is written for a model: the type of its arguments, the two functions that make them, and `Module`.

use super::ast::Block;
use super::call;
use super::slot::Holds;
use super::valid::{Default, Model, Parameter};
use crate::header::Header;
use crate::root::Root;
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Index, Path};

/// What arguments are made by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    /// `Model::args(..)`
    OfType,
    /// `function.args(..)`: the type of a function has no name.
    OfValue,
}

/// All that is written beside the block, in one `const _`.
pub(crate) fn expand(model: &Model<'_>, made: Made) -> TokenStream {
    let root = model.root;
    let (count, parameters) = (model.parameters.len(), model.parameters.iter().map(parameter));
    let arguments = arguments(model);
    let positional = positional(model);
    let constructors = constructors(model, made);
    let module = call::module(model);
    quote! {
        #[allow(dead_code, deprecated, unreachable_pub, private_bounds, private_interfaces, unused_variables)]
        const _: () = {
            use #root::__private as __p;
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
    pub(crate) fn family(&self) -> TokenStream {
        let root = self.root;
        self.family.as_ref().map_or_else(|| quote!(#root::Tch), ToTokens::to_token_stream)
    }

    /// The type of the arguments. Underscores keep it from hiding an input type of the user's.
    pub(crate) fn args(&self) -> syn::Ident {
        format_ident!("__{}Args", self.name)
    }

    /// `(Option<A>, VarArgs<B>)`
    fn slots(&self) -> TokenStream {
        let types = self.parameters.iter().map(|p| p.slot.holder());
        quote!((#(#types,)*))
    }

    /// What the family and the arguments have to be. A bound without parameters is checked where it stands, at the type
    /// that the user wrote, and told once for all impls that say the same.
    pub(crate) fn trees(&self) -> Vec<TokenStream> {
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

/// The type of the arguments: a tree, with one setter per parameter.
fn arguments(model: &Model<'_>) -> TokenStream {
    let (args, slots, family, name) = (model.args(), model.slots(), model.family(), &model.name);
    let trees = model.trees();
    let about = format!("The arguments of one call of `{name}`: a tree of `(args, kwargs)`.");
    let shown = format!("{name}::args");
    let setters = model.parameters.iter().enumerate().map(|(i, parameter)| setter(i, parameter));
    quote! {
        #[doc = #about]
        pub struct #args(__p::Call<#slots>);
        #[automatically_derived]
        impl __p::PyTree<#family> for #args where #(#trees),* {
            fn walk<'__a, __V: __p::Visitor<'__a, #family>>(
                &'__a self,
                __v: &mut __V,
            ) -> __p::Flow<__V::Break> {
                self.0.walk::<#family, __V>(&__SIGNATURE, __v)
            }
        }
        #[automatically_derived]
        impl __p::OwnedTree<#family> for #args where #(#trees),* {
            fn walk_mut<__V: __p::VisitorMut<#family>>(&mut self, __v: &mut __V) -> __p::Flow<__V::Break> {
                self.0.walk_mut::<#family, __V>(__v)
            }
            fn into_walk<__V: __p::VisitorOwned<#family>>(self, __v: &mut __V) -> __p::Flow<__V::Break> {
                self.0.into_walk::<#family, __V>(&__SIGNATURE, __v)
            }
            fn rebuild<__S: __p::Source<#family>>(__s: &mut __S) -> __p::Rebuilt<Self> {
                __p::Ok(Self(__p::Call::rebuild::<#family, __S>(&__SIGNATURE, __s)?))
            }
        }
        #[automatically_derived]
        impl __p::Debug for #args where #(#trees),* {
            fn fmt(&self, __f: &mut __p::Formatter<'_>) -> __p::FmtResult {
                __p::debug_args::<#family, _>(self, #shown, __f)
            }
        }
        impl #args {
            #(#setters)*
        }
    }
}

/// The method that gives one parameter.
fn setter(i: usize, Parameter { ident, name, slot, .. }: &Parameter) -> TokenStream {
    let (ty, field) = (&slot.ty, Index::from(i));
    match slot.holds {
        Holds::One => {
            let about = format!("Gives `{name}` by name.");
            quote! {
                #[doc = #about]
                #[must_use]
                pub fn #ident(mut self, #ident: #ty) -> Self {
                    self.0.slots.#field = __p::Some(#ident);
                    self.0.name(#i);
                    self
                }
            }
        }
        Holds::VarArgs => {
            let about = format!("Adds to `*{name}`, the arguments behind those that have a parameter of their own.");
            quote! {
                #[doc = #about]
                #[must_use]
                pub fn #ident(mut self, #ident: impl __p::IntoIterator<Item = #ty>) -> Self {
                    __p::Extend::extend(&mut self.0.slots.#field.0, #ident);
                    self
                }
            }
        }
        Holds::VarKwargs => {
            let about = format!("Adds to `**{name}`, the named arguments that have no parameter of their own.");
            quote! {
                #[doc = #about]
                #[must_use]
                pub fn #ident<__K: __p::Into<__p::String>>(
                    mut self,
                    #ident: impl __p::IntoIterator<Item = (__K, #ty)>,
                ) -> Self {
                    for (__k, __v) in #ident {
                        if self.0.slots.#field.0.insert(__p::Into::into(__k), __v).is_none() {
                            self.0.extra(#i);
                        }
                    }
                    self
                }
            }
        }
    }
}

/// What `args` takes: the first argument alone, or a tuple of the first few. No type is both, since none holds itself.
fn positional(model: &Model<'_>) -> TokenStream {
    let header = Header(model.generics);
    let (args, ty, generics, clause) = (model.args(), model.ty, header.params(None, |_| Vec::new()), header.clause());
    let types: Vec<&TokenStream> =
        model.parameters.iter().take_while(|p| p.is_positional()).map(|p| &p.slot.ty).collect();
    let fill = |given: &TokenStream, values: Vec<TokenStream>| {
        let count = values.len();
        let missing = model.parameters.iter().skip(count).map(|p| match p.slot.holds {
            Holds::One => quote!(__p::None),
            Holds::VarArgs | Holds::VarKwargs => quote!(__p::Default::default()),
        });
        quote! {
            impl #generics __p::Positional<#ty, #args> for #given #clause {
                fn fill(self) -> #args {
                    #args(__p::Call::new((#(__p::Some(#values),)* #(#missing,)*), #count))
                }
            }
        }
    };
    let alone = types.first().map(|ty| fill(ty, vec![quote!(self)]));
    let smallest = usize::from(!types.is_empty());
    let tuples = (smallest..=types.len()).map(|n| {
        let (types, values) = (types.iter().take(n), (0..n).map(Index::from));
        fill(&quote!((#(#types,)*)), values.map(|i| quote!(self.#i)).collect())
    });
    quote!(#alone #(#tuples)*)
}

/// `Model::args` and `Model::kwargs`, or the methods of a function.
fn constructors(model: &Model<'_>, made: Made) -> TokenStream {
    let (args, names) = (model.args(), model.names());
    let header = Header(model.generics);
    let (generics, clause, ty) = (header.params(None, |_| Vec::new()), header.clause(), model.ty);
    let receiver = (made == Made::OfValue).then(|| quote!(&self,));
    let by_position = format!(
        "The arguments of a call of `forward({names})`, given by position: the first one alone, or a tuple of the first few.\n\n\
         Those left out are given by name, by the methods of what this returns."
    );
    let by_name = format!("The arguments of a call of `forward({names})`, all given by name.");
    quote! {
        impl #generics #ty #clause {
            #[doc = #by_position]
            #[must_use]
            pub fn args(#receiver __positional: impl __p::Positional<Self, #args>) -> #args {
                __positional.fill()
            }
            #[doc = #by_name]
            #[must_use]
            pub fn kwargs(#receiver) -> #args {
                #args(__p::Default::default())
            }
        }
    }
}

/// `Module` for a block with mistakes, so that the uses of the model as one add no errors of their own.
pub(crate) fn fallback(block: &Block, family: Option<&Path>, root: &Root) -> TokenStream {
    let family = family.map_or_else(|| quote!(__p::Meta), ToTokens::to_token_stream);
    let header = Header(&block.generics);
    let (generics, clause, ty) = (header.params(None, |_| Vec::new()), header.clause(), &block.model);
    quote! {
        const _: () = {
            use #root::__private as __p;
            static __SIGNATURE: __p::Signature = __p::Signature::of(&[]);
            #[automatically_derived]
            impl #generics __p::Module for #ty #clause {
                type Family = #family;
                type Args = ();
                type Output = ();
                fn name() -> &'static str {
                    ""
                }
                fn signature() -> &'static __p::Signature {
                    &__SIGNATURE
                }
                fn call(&self, _: &()) -> __p::Result<(), __p::BindError> {
                    __p::Ok(())
                }
            }
        };
    }
}
