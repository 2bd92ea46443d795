//! The impl block as the user wrote it. Only its head and the signature of forward are read, so that syn's parser of
//! expressions is not needed.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Generics, Token, Type, braced, parenthesized};

/// `impl Model { .. }`
pub(crate) struct Block {
    pub(crate) generics: Generics,
    pub(crate) model: Type,
    pub(crate) forward: Option<Forward>,
}

/// `fn forward(..) -> ..`
pub(crate) struct Forward {
    pub(crate) ident: Ident,
    /// `async`, `unsafe` and the other words before `fn`.
    pub(crate) modifiers: Vec<Ident>,
    pub(crate) generics: Generics,
    pub(crate) receiver: Option<Receiver>,
    pub(crate) parameters: Vec<Argument>,
    pub(crate) output: Option<Type>,
}

/// `&self`, or another receiver.
pub(crate) struct Receiver {
    pub(crate) tokens: TokenStream,
    /// Whether it is `&self`, with or without a lifetime.
    pub(crate) shared: bool,
}

/// `pattern: Type`
pub(crate) struct Argument {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) pattern: TokenStream,
    pub(crate) ty: Type,
}

impl Parse for Block {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        const USAGE: &str = "`#[module]` goes on the block `impl Model { fn forward(&self, ..) -> .. }`";
        input.call(Attribute::parse_outer)?;
        if !input.peek(Token![impl]) {
            return Err(input.error(USAGE));
        }
        input.parse::<Token![impl]>()?;
        let mut generics: Generics = input.parse()?;
        let model: Type = input.parse()?;
        if input.peek(Token![for]) {
            return Err(input.error(format_args!("{USAGE}, not on the impl of a trait")));
        }
        generics.where_clause = input.parse()?;
        let body;
        braced!(body in input);
        Ok(Block { generics, model, forward: forward(&body)? })
    }
}

/// Finds forward among the items of a block, and reads past all of them.
fn forward(body: ParseStream<'_>) -> syn::Result<Option<Forward>> {
    let mut found = None;
    let mut modifiers = Vec::new();
    while !body.is_empty() {
        // `fn name` at this level is always a method: bodies, attributes and macros are groups of their own.
        if body.peek(Token![fn]) && body.peek2(syn::Ident) {
            body.parse::<Token![fn]>()?;
            let ident: Ident = body.parse()?;
            if ident == "forward" && found.is_none() {
                found = Some(Forward::parse(ident, std::mem::take(&mut modifiers), body)?);
            }
            continue;
        }
        match body.parse::<TokenTree>()? {
            TokenTree::Ident(word) => modifiers.push(word),
            TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::Brace => modifiers.clear(),
            TokenTree::Punct(p) if p.as_char() == ';' => modifiers.clear(),
            _ => {}
        }
    }
    Ok(found)
}

impl Forward {
    fn parse(ident: Ident, modifiers: Vec<Ident>, input: ParseStream<'_>) -> syn::Result<Self> {
        let mut generics: Generics = input.parse()?;
        let content;
        parenthesized!(content in input);
        let receiver = Receiver::parse(&content)?;
        let mut parameters = Vec::new();
        while !content.is_empty() {
            parameters.push(content.parse()?);
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
        let arrow = input.parse::<Option<Token![->]>>()?;
        let output = arrow.map(|_| input.parse()).transpose()?;
        generics.where_clause = input.parse()?;
        Ok(Forward { ident, modifiers, generics, receiver, parameters, output })
    }
}

impl Receiver {
    /// Reads the receiver and its comma, if there is one.
    fn parse(input: ParseStream<'_>) -> syn::Result<Option<Self>> {
        let ahead = input.fork();
        ahead.call(Attribute::parse_outer)?;
        let reference = ahead.parse::<Option<Token![&]>>()?.is_some();
        ahead.parse::<Option<syn::Lifetime>>()?;
        let mutable = ahead.parse::<Option<Token![mut]>>()?.is_some();
        if !ahead.peek(Token![self]) {
            return Ok(None);
        }
        let mut tokens = TokenStream::new();
        while !input.is_empty() && !input.peek(Token![,]) {
            tokens.extend([input.parse::<TokenTree>()?]);
        }
        input.parse::<Option<Token![,]>>()?;
        ahead.parse::<Token![self]>()?;
        let shared = reference && !mutable && !ahead.peek(Token![:]);
        Ok(Some(Receiver { tokens, shared }))
    }
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let mut pattern = TokenStream::new();
        while !input.peek(Token![:]) || input.peek(Token![::]) {
            if input.is_empty() || input.peek(Token![,]) {
                return Err(syn::Error::new_spanned(pattern, "a parameter needs a type: `x: &Tensor`"));
            }
            if input.peek(Token![::]) {
                pattern.extend([input.parse::<TokenTree>()?, input.parse::<TokenTree>()?]);
            } else {
                pattern.extend([input.parse::<TokenTree>()?]);
            }
        }
        input.parse::<Token![:]>()?;
        Ok(Argument { attributes, pattern, ty: input.parse()? })
    }
}
