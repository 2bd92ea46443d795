//! The impl block as the user wrote it. Only its head and the signature of forward are read, so that syn's parser of
//! expressions is not needed.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Generics, Token, Type, braced, parenthesized};

/// `impl Model { .. }`, or `impl Trait for Model { .. }`
pub(crate) struct Block {
    pub(crate) generics: Generics,
    /// The trait whose method forward is.
    pub(crate) of_trait: Option<Type>,
    pub(crate) model: Type,
    /// The name of the method that is exported, if it is another one than `forward`.
    named: Option<Ident>,
    pub(crate) forward: Option<Forward>,
    /// The names of the other methods.
    pub(crate) methods: Vec<Ident>,
}

/// `fn forward(..) -> ..`, under whatever name.
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

impl Block {
    /// Reads a block whose forward has the name `named`, or `forward`.
    pub(crate) fn parse(input: ParseStream<'_>, named: Option<Ident>) -> syn::Result<Self> {
        const USAGE: &str = "`#[module]` goes on the block `impl Model { fn forward(&self, ..) -> .. }`";
        input.call(Attribute::parse_outer)?;
        if !input.peek(Token![impl]) {
            return Err(input.error(USAGE));
        }
        input.parse::<Token![impl]>()?;
        let mut generics: Generics = input.parse()?;
        let mut model: Type = input.parse()?;
        let mut of_trait = None;
        if input.parse::<Option<Token![for]>>()?.is_some() {
            of_trait = Some(std::mem::replace(&mut model, input.parse()?));
        }
        generics.where_clause = input.parse()?;
        let body;
        braced!(body in input);
        let mut block = Block { generics, of_trait, model, named, forward: None, methods: Vec::new() };
        block.methods(&body)?;
        Ok(block)
    }

    /// The name of the method that is exported.
    pub(crate) fn wanted(&self) -> String {
        self.named.as_ref().map_or_else(|| "forward".to_owned(), ToString::to_string)
    }
}

impl Block {
    /// Finds forward among the methods of a block, and reads past all of them.
    fn methods(&mut self, body: ParseStream<'_>) -> syn::Result<()> {
        let wanted = self.wanted();
        let mut modifiers = Vec::new();
        while !body.is_empty() {
            // `fn name` at this level is always a method: bodies, attributes and macros are groups of their own.
            if body.peek(Token![fn]) && body.peek2(syn::Ident) {
                body.parse::<Token![fn]>()?;
                let ident: Ident = body.parse()?;
                if ident == wanted && self.forward.is_none() {
                    self.forward = Some(Forward::parse(ident, std::mem::take(&mut modifiers), body)?);
                } else {
                    self.methods.push(ident);
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
        Ok(())
    }
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
