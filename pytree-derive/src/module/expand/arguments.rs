//! The type of the arguments of a call: a tree, with a setter for each parameter, made by position or by name.

use super::Made;
use crate::header::Header;
use crate::module::check::{Holds, Model, Parameter};
use proc_macro2::TokenStream;
use quote::quote;
use syn::Index;

/// The type, its tree impls and its setters.
pub(super) fn arguments(model: &Model<'_>) -> TokenStream {
    let (args, slots, family, name) = (model.args(), model.slots(), model.family(), &model.name);
    let trees = model.trees();
    let about = format!(
        "The arguments of one call of `{name}`, whose forward takes `({})`: a tree of `(args, kwargs)`.",
        model.names()
    );
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

/// The method that gives one argument by name.
fn setter(i: usize, Parameter { ident, name, slot, optional, .. }: &Parameter) -> TokenStream {
    let (ty, field) = (&slot.ty, Index::from(i));
    match slot.holds {
        Holds::One if *optional => {
            let about = format!("Gives `{name}` by name, with or without `Some`.");
            quote! {
                #[doc = #about]
                #[must_use]
                pub fn #ident<__G: __p::Given<#ty>>(mut self, #ident: __G) -> Self {
                    self.0.slots.#field = __p::Some(__p::Given::given(#ident));
                    self.0.name(#i);
                    self
                }
            }
        }
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
            let about = format!("Adds to `*{name}`, the positional arguments without a parameter of their own.");
            quote! {
                #[doc = #about]
                #[must_use]
                pub fn #ident<__I: __p::IntoIterator<Item = #ty>>(mut self, #ident: __I) -> Self {
                    __p::Extend::extend(&mut self.0.slots.#field.0, #ident);
                    self
                }
            }
        }
        Holds::VarKwargs => {
            let about = format!("Adds to `**{name}`, the named arguments without a parameter of their own.");
            quote! {
                #[doc = #about]
                #[must_use]
                pub fn #ident<__K: __p::Into<__p::String>, __I: __p::IntoIterator<Item = (__K, #ty)>>(
                    mut self,
                    #ident: __I,
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

/// What `args` takes: the first argument alone, or a tuple of the first few. No type is both, since no type contains
/// itself.
pub(super) fn positional(model: &Model<'_>) -> TokenStream {
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
pub(super) fn constructors(model: &Model<'_>, made: Made) -> TokenStream {
    let (args, names) = (model.args(), model.names());
    let header = Header(model.generics);
    let (generics, clause, ty) = (header.params(None, |_| Vec::new()), header.clause(), model.ty);
    let receiver = (made == Made::OfValue).then(|| quote!(&self,));
    let by_position = format!(
        "The arguments of a call of `forward({names})`, given by position: the first one alone, or a tuple of the first few.\n\n\
         The others are given by name, with the methods of the returned value."
    );
    let by_name = format!("The arguments of a call of `forward({names})`, all given by name.");
    quote! {
        impl #generics #ty #clause {
            #[doc = #by_position]
            #[must_use]
            pub fn args<__P: __p::Positional<Self, #args>>(#receiver __positional: __P) -> #args {
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
