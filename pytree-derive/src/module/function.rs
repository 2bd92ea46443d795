//! `function!`: a closure with named parameters as a model.

use super::ast::{Argument, Block};
use super::expand::{self, Made};
use super::{marks, valid};
use crate::attr::{self, Place};
use crate::ctxt::Ctxt;
use crate::root::Root;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, LitStr, Path, Token, Type};

const USAGE: &str = "`function!` takes a closure with types: `function!(|x: &Tensor, y: &Tensor| -> Tensor { .. })`";
const ITEMS: Place = Place { here: ("`function!`", &["family", "name", "crate"]), elsewhere: &[] };

/// What stands in the parentheses.
struct Input {
    family: Option<Path>,
    name: Option<LitStr>,
    root: Option<Root>,
    moved: Option<Token![move]>,
    /// The parameters as written.
    parameters: TokenStream,
    output: Type,
    body: TokenStream,
}

/// An expression: the closure, wrapped in a type of its own that is a `Module`.
pub(crate) fn function(input: TokenStream, root: Root) -> TokenStream {
    let cx = Ctxt::new();
    let read = |input: ParseStream<'_>| read(&cx, input);
    let parsed = cx.ok(read.parse2(input));
    let Some(Input { family, name, root: own_root, moved, parameters, output, body }) = parsed else {
        return cx.finish().err().map(|errors| quote!({ #errors })).unwrap_or_default();
    };
    let root = own_root.unwrap_or(root);
    // Underscores keep it from hiding a type of the user's.
    let ident = Ident::new("__Function", Span::call_site());
    let text = name.as_ref().map_or_else(|| "Function".to_owned(), LitStr::value);
    if syn::parse_str::<Ident>(&text).is_err() {
        cx.error(&name, "the name of a function is an identifier");
    }
    let stripped = marks::strip(parameters.clone());
    let arguments = cx.ok((|input: ParseStream<'_>| list(input)).parse2(parameters.clone())).unwrap_or_default();
    let types: Vec<TokenStream> = arguments.iter().map(|a| a.ty.to_token_stream()).collect();
    let patterns: Vec<&TokenStream> = arguments.iter().map(|a| &a.pattern).collect();
    // The block that a user would write, for the rules and words of `#[module]`.
    let bound = quote!(__Closure: #root::__private::Fn(#(#types),*) -> #output);
    let written = quote! {
        impl<#bound> #ident<__Closure> {
            fn forward(&self, #parameters) -> #output {}
        }
    };
    let block = cx.ok(syn::parse2::<Block>(written));
    let model = block.as_ref().and_then(|block| valid::Model::check(&cx, block, family.as_ref(), &root));
    let expanded = match (cx.finish(), model) {
        (Ok(()), Some(model)) => expand::expand(&valid::Model { name: text, ..model }, Made::OfValue),
        (errors, _) => {
            let errors = errors.err().unwrap_or_default();
            return quote!({ #errors });
        }
    };
    quote! {
        {
            struct #ident<__Closure>(__Closure);
            impl<#bound> #ident<__Closure> {
                fn forward(&self, #stripped) -> #output {
                    (self.0)(#(#patterns),*)
                }
                /// Tells the closure what it takes, so that its references are of any lifetime.
                fn wrap(closure: __Closure) -> Self {
                    #ident(closure)
                }
            }
            #expanded
            #ident::wrap(#moved |#stripped| -> #output #body)
        }
    }
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
    let (mut family, mut name, mut root) = (None, None, None);
    while input.peek(syn::Ident::peek_any) && input.peek2(Token![=]) {
        let key = input.call(Ident::parse_any)?;
        match key.to_string().as_str() {
            "family" => attr::path(&key, input, "Meta").map(|path| attr::set(cx, &mut family, &key, path))?,
            "name" => attr::text(&key, input, "Add").map(|text| attr::set(cx, &mut name, &key, text))?,
            "crate" => attr::text(&key, input, "torch_export")
                .and_then(|text| Root::parse(&text))
                .map(|path| attr::set(cx, &mut root, &key, path))?,
            _ => return Err(attr::unknown(&key, &ITEMS)),
        }
        input.parse::<Token![,]>()?;
    }
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
        return Err(input.error(format_args!("{USAGE}: say what it returns, which is `()` for nothing")));
    }
    input.parse::<Token![->]>()?;
    let output = input.parse()?;
    if !input.peek(syn::token::Brace) {
        return Err(input.error(format_args!("{USAGE}: the body stands in braces")));
    }
    let body: TokenTree = input.parse()?;
    input.parse::<Option<Token![,]>>()?;
    if !input.is_empty() {
        return Err(input.error("expected nothing behind the closure"));
    }
    let value = |once: Option<attr::Once<Path>>| once.map(|o| o.value);
    let body = body.into_token_stream();
    Ok(Input {
        family: value(family),
        name: name.map(|n| n.value),
        root: root.map(|r| r.value),
        moved,
        parameters,
        output,
        body,
    })
}
