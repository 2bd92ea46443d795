//! `Module` of a model: how forward is called with the arguments that a call keeps, and what the call returns.

use crate::header::Header;
use crate::module::check::{Default, Holds, Model, Parameter, Pass};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::Index;

/// `impl Module`
pub(super) fn module(model: &Model<'_>) -> TokenStream {
    let (args, family, name) = (model.args(), model.family(), &model.name);
    let header = Header(model.generics);
    let (generics, ty, trees) = (header.params(None, |_| Vec::new()), model.ty, model.trees());
    let own = header.clause().into_iter().flat_map(|clause| &clause.predicates);
    let forward = &model.forward;
    let (slots, arguments): (Vec<TokenStream>, Vec<TokenStream>) =
        model.parameters.iter().enumerate().map(|(i, p)| argument(i, p, &family)).unzip();
    // The arguments that forward changes follow its result.
    let changed: Vec<(TokenStream, TokenStream)> = model
        .parameters
        .iter()
        .enumerate()
        .filter(|(_, p)| p.is_returned())
        .map(|(i, p)| (p.slot.ty.clone(), place(i).to_token_stream()))
        .collect();
    let (types, values): (Vec<_>, Vec<_>) = changed.into_iter().unzip();
    let mut run = quote!(#forward(self, #(#arguments),*));
    if model.output.may_fail() {
        run = quote! {
            match __p::Fallible::into_result(#run) {
                __p::Ok(__o) => __o,
                __p::Err(__e) => {
                    #[allow(unused_imports)]
                    use __p::{BoxedKind as _, ShownKind as _};
                    return __p::Err((&__e).kind().error(__e));
                }
            }
        };
    }
    let (output, call) = match (types.as_slice(), model.output.tree()) {
        ([], None) => (quote!(()), quote!(__p::Ok(#run))),
        ([], Some(result)) => (result, quote!(__p::Ok(#run))),
        ([ty], None) => (ty.clone(), quote!({ #run; __p::Ok(#(#values)*) })),
        (_, None) => (quote!((#(#types),*)), quote!({ #run; __p::Ok((#(#values),*)) })),
        (_, Some(result)) => (quote!((#result, #(#types),*)), quote!({ let __o = #run; __p::Ok((__o, #(#values),*)) })),
    };
    quote! {
        #[automatically_derived]
        impl #generics __p::Module for #ty where #(#own,)* #(#trees),* {
            type Family = #family;
            type Args = #args;
            type Output = #output;
            fn name() -> &'static __p::Str {
                #name
            }
            fn signature() -> &'static __p::Signature {
                &__SIGNATURE
            }
            fn call(&self, __args: &Self::Args) -> __p::Result<Self::Output, __p::ForwardError> {
                __args.0.check(&__SIGNATURE)?;
                #(#slots)*
                #call
            }
        }
    }
}

/// The variable of an argument during a call.
fn place(i: usize) -> proc_macro2::Ident {
    format_ident!("__s{i}")
}

/// The statements before the call of forward, and the argument itself.
fn argument(i: usize, parameter: &Parameter, family: &TokenStream) -> (TokenStream, TokenStream) {
    let (field, name, ty, place) = (Index::from(i), &parameter.name, &parameter.slot.ty, place(i));
    let slot = quote!(__args.0.slots.#field);
    if parameter.slot.holds != Holds::One {
        // If the parameter is another map than the slot's, the compiler reports that at the parameter.
        let mut argument = place.clone();
        argument.set_span(Span::call_site().located_at(parameter.ident.span()));
        return (quote!(let #place = &#slot.0;), argument.to_token_stream());
    }
    // The borrowed slot, or the default, which is made for this call.
    let default = format_ident!("__d{i}");
    let (made, given) = match &parameter.default {
        Default::Required => (None, quote!(__p::slot(&#slot, #name)?)),
        Default::None => (Some(quote!(let #default: #ty = __p::None;)), quote!(#slot.as_ref().unwrap_or(&#default))),
        Default::Value(value) => (
            Some(quote!(let #default: #ty;)),
            quote!(match &#slot {
                __p::Some(__given) => __given,
                __p::None => {
                    #default = #value;
                    &#default
                }
            }),
        ),
    };
    let share = quote!(__p::share::<#family, #ty>(#given, #name)?);
    let (before, argument) = match parameter.slot.pass {
        Pass::Borrow => (quote!(let #place = #given;), quote!(#place)),
        Pass::Copy => (quote!(let #place = *#given;), quote!(#place)),
        Pass::AsRef => (quote!(let #place = #given.as_ref();), quote!(#place)),
        Pass::AsDeref => (quote!(let #place = #given.as_deref();), quote!(#place)),
        Pass::Share => (quote!(let #place = #share;), quote!(#place)),
        Pass::ShareMut => (quote!(let mut #place = #share;), quote!(&mut #place)),
    };
    (quote!(#made #before), argument)
}
