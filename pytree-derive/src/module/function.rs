//! `function!`: a closure with named parameters as a model.

use super::ast::{Argument, Block};
use super::check::Model;
use super::expand::{self, Made};
use super::strip;
use crate::attr::ModelAttrs;
use crate::ctxt::Ctxt;
use crate::root::Root;
use crate::ty;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::{Ident, Token, Type};

const USAGE: &str =
    "`function!` takes a closure with written types: `function!(|x: &Tensor, y: &Tensor| -> Tensor { .. })`";

/// The content of the parentheses.
struct Input {
    attrs: ModelAttrs,
    moved: Option<Token![move]>,
    /// The parameters as written.
    parameters: TokenStream,
    output: Type,
    body: TokenStream,
}

/// An expression: the closure, wrapped in a type of its own that is a `Module`.
pub(crate) fn function(input: TokenStream, root: Root) -> TokenStream {
    if let Some(error) = ty::too_deep(&input) {
        return in_block(error.to_compile_error());
    }
    let cx = Ctxt::new();
    let read = |input: ParseStream<'_>| read(&cx, input);
    let parsed = cx.ok(read.parse2(input));
    let Some(Input { attrs, moved, parameters, output, body }) = parsed else { return errors(cx) };
    let root = attrs.root.map_or(root, |root| root.value);
    let (plumbing, family, name) = (root.plumbing(), attrs.family.map(|f| f.value), attrs.name.map(|n| n.value));
    // The underscores keep it from hiding a type of the user.
    let ident = Ident::new("__Function", Span::call_site());
    let text = name.as_ref().map_or_else(|| "Function".to_owned(), syn::LitStr::value);
    let named = syn::parse_str::<Ident>(&text).is_ok();
    if !named {
        cx.error(&name, "the name of a function must be an identifier");
    }
    let stripped = strip::parameters(parameters.clone());
    let Some(arguments) = cx.ok(list.parse2(parameters.clone())) else { return errors(cx) };
    let types: Vec<TokenStream> = arguments.iter().map(|a| a.ty.to_token_stream()).collect();
    // The block that a user would write, so that the rules and messages of `#[module]` apply.
    let bound = quote!(__Closure: #plumbing::Fn(#(#types),*) -> #output);
    let written = quote! {
        impl<#bound> #ident<__Closure> {
            fn forward(&self, #parameters) -> #output {}
        }
    };
    let block = cx.ok((|input: ParseStream<'_>| Block::parse(input, None)).parse2(written));
    let model =
        block.as_ref().and_then(|block| Model::check(&cx, block, named.then_some(text), family.as_ref(), &root));
    let model = match (cx.finish(), model) {
        (Ok(()), Some(model)) => model,
        (errors, _) => return in_block(errors.err().unwrap_or_default()),
    };
    let (expanded, names) = (expand::expand(&model, Made::OfValue, None), model.parameters.iter().map(|p| &p.ident));
    let names: Vec<&Ident> = names.collect();
    quote! {
        {
            struct #ident<__Closure>(__Closure);
            impl<#bound> #ident<__Closure> {
                fn forward(&self, #(#names: #types),*) -> #output {
                    (self.0)(#(#names),*)
                }
                /// Gives the closure its type, so that its references may have any lifetime.
                fn wrap(closure: __Closure) -> Self {
                    #ident(closure)
                }
            }
            #expanded
            #ident::wrap(#moved |#stripped| -> #output #body)
        }
    }
}

/// The mistakes as an expression.
fn errors(cx: Ctxt) -> TokenStream {
    in_block(cx.finish().err().unwrap_or_default())
}

fn in_block(tokens: TokenStream) -> TokenStream {
    quote!({ #tokens })
}

fn list(input: ParseStream<'_>) -> syn::Result<Vec<Argument>> {
    let mut arguments = Vec::new();
    while !input.is_empty() {
        arguments.push(input.parse()?);
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(arguments)
}

/// `family = Meta, |x: &Tensor| -> Tensor { .. }`
fn read(cx: &Ctxt, input: ParseStream<'_>) -> syn::Result<Input> {
    let attrs = ModelAttrs::of_function(cx, input)?;
    let moved = input.parse::<Option<Token![move]>>()?;
    let mut parameters = TokenStream::new();
    if input.parse::<Option<Token![||]>>()?.is_none() {
        input.parse::<Token![|]>().map_err(|e| syn::Error::new(e.span(), USAGE))?;
        while !input.peek(Token![|]) {
            if input.is_empty() {
                return Err(input.error(USAGE));
            }
            parameters.extend([input.parse::<TokenTree>()?]);
        }
        input.parse::<Token![|]>()?;
    }
    if !input.peek(Token![->]) {
        return Err(input.error(format_args!("{USAGE}; write its return type, which is `()` for nothing")));
    }
    input.parse::<Token![->]>()?;
    let output = input.parse()?;
    if !input.peek(syn::token::Brace) {
        return Err(input.error(format_args!("{USAGE}; put its body in braces")));
    }
    let body: TokenTree = input.parse()?;
    input.parse::<Option<Token![,]>>()?;
    if !input.is_empty() {
        return Err(input.error("expected nothing after the closure"));
    }
    Ok(Input { attrs, moved, parameters, output, body: body.into_token_stream() })
}
