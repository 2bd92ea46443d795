//! What a forward takes and returns, once every rule holds.

mod naming;
mod output;
mod slot;

pub(super) use naming::type_name;
pub(crate) use output::Output;
pub(crate) use slot::{Holds, Pass, Slot};

use naming::args_name;
use slot::refused_number;

use super::ast::{Argument, Block, Forward};
use crate::attr::ParameterAttrs;
use crate::ctxt::Ctxt;
use crate::name::{is_python_name, plain};
use crate::root::Root;
use crate::ty;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{GenericParam, Generics, Path, Type};

/// A model with its forward.
pub(crate) struct Model<'a> {
    pub(crate) generics: &'a Generics,
    pub(crate) ty: &'a Type,
    /// The name of its type.
    pub(crate) name: String,
    /// The name of the type of its arguments.
    pub(crate) args: Ident,
    pub(crate) root: &'a Root,
    /// The family in `family = ..`.
    pub(crate) family: Option<&'a Path>,
    pub(crate) parameters: Vec<Parameter>,
    /// The method that is called: `Self::forward`.
    pub(crate) forward: TokenStream,
    pub(crate) output: Output<'a>,
}

/// A parameter of forward.
pub(crate) struct Parameter {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) slot: Slot,
    /// It follows `*args`, so it can only be given by name.
    pub(crate) keyword: bool,
    pub(crate) default: Default,
    /// Its type is an `Option`.
    pub(crate) optional: bool,
}

/// The value of a parameter that is left out.
pub(crate) enum Default {
    /// It must be given.
    Required,
    /// `None`, of an `Option`.
    None,
    /// The value of this expression.
    Value(TokenStream),
}

impl Parameter {
    /// Whether it is one argument that may be given by position.
    pub(crate) fn is_positional(&self) -> bool {
        self.slot.holds == Holds::One && !self.keyword
    }

    /// Whether forward changes it and the call returns it.
    pub(crate) fn is_returned(&self) -> bool {
        matches!(self.slot.pass, Pass::ShareMut)
    }
}

/// The length of the longest tuple for which the library implements its slots.
const MAX_PARAMETERS: usize = 12;

impl<'a> Model<'a> {
    /// The model, unless its forward cannot be read at all; mistakes go to `cx`.
    ///
    /// `name` is the name of the model, unless it is that of its type.
    pub(crate) fn check(
        cx: &Ctxt,
        block: &'a Block,
        name: Option<String>,
        family: Option<&'a Path>,
        root: &'a Root,
    ) -> Option<Self> {
        let Some(forward) = &block.forward else {
            missing(cx, block);
            return None;
        };
        let name = name.or_else(|| type_name(&block.model));
        if name.is_none() {
            let message =
                "`#[module]` needs a type that can have methods of its own: `impl Model` or `impl Trait for Model`";
            cx.error(&block.model, message);
        }
        signature(cx, forward);
        let attrs: Vec<_> = forward.parameters.iter().map(|a| ParameterAttrs::read(cx, &a.attributes)).collect();
        let given = forward.parameters.iter().zip(&attrs);
        let mut written: Vec<_> =
            given.map(|(a, attrs)| Parameter::check(cx, a, attrs, block, forward, family)).collect();
        order(cx, forward, &attrs, &mut written);
        if let Some(argument) = forward.parameters.get(MAX_PARAMETERS) {
            let message = format_args!("forward takes at most {MAX_PARAMETERS} parameters: group some in a struct");
            cx.error(&argument.pattern, message);
        }
        let output = Output::check(cx, forward.output.as_ref());
        let (name, parameters) = (name?, written.into_iter().collect::<Option<_>>()?);
        Some(Model {
            generics: &block.generics,
            ty: ty::unparenthesized(&block.model),
            args: args_name(&name, block, family),
            name,
            root,
            family,
            parameters,
            forward: path(block, forward),
            output,
        })
    }
}

fn signature(cx: &Ctxt, forward: &Forward) {
    for word in &forward.modifiers {
        if word == "async" {
            cx.error(word, "forward cannot be `async`: it is run while its operators are recorded");
        } else if word == "unsafe" {
            cx.error(word, "forward cannot be `unsafe`: it is called with any arguments of its types");
        }
    }
    if let Some(param) = forward.generics.params.iter().find(|p| !matches!(p, GenericParam::Lifetime(_))) {
        cx.error(
            param,
            "forward cannot be generic, since the arguments of a call have one type: name the type, or use `Value` for any tree",
        );
    }
    match &forward.receiver {
        None => cx.error(&forward.ident, "forward must take `&self`: it is called on the model"),
        Some(receiver) if !receiver.shared => {
            cx.error(&receiver.tokens, "forward must take `&self`: an export calls it many times on the same model");
        }
        Some(_) => {}
    }
}

/// Python's rules for the order of parameters, and the defaults that follow from it.
fn order(cx: &Ctxt, forward: &Forward, attrs: &[ParameterAttrs], written: &mut [Option<Parameter>]) {
    let holds = |p: &Option<Parameter>| p.as_ref().map_or(Holds::One, |p| p.slot.holds);
    let all: Vec<Holds> = written.iter().map(holds).collect();
    let at = |what: Holds| all.iter().position(|h| *h == what);
    for (i, parameter) in written.iter_mut().enumerate() {
        let place = &forward.parameters[i].pattern;
        if all[i] != Holds::One && at(all[i]) != Some(i) {
            cx.error(place, "a function has at most one `*args` and one `**kwargs`: this is the second");
        }
        if at(Holds::VarKwargs).is_some_and(|last| last < i && all[i] != Holds::VarKwargs) {
            cx.error(place, "no parameter can follow `**kwargs`: move `#[kwargs]` to the end");
        }
        let Some(parameter) = parameter else { continue };
        parameter.keyword = parameter.slot.holds == Holds::One && at(Holds::VarArgs).is_some_and(|star| star < i);
    }
    // From the end: a parameter has a default only if all positional ones after it have one.
    let mut required = None;
    for i in (0..written.len()).rev() {
        let Some(parameter) = &mut written[i] else { continue };
        if parameter.slot.holds != Holds::One {
            continue;
        }
        let optional = parameter.optional;
        parameter.default = match (&attrs[i].default, required.is_some() && !parameter.keyword) {
            (Some((word, _)), true) => {
                let message = format_args!(
                    "parameter without a default follows parameter with a default: give `{}` a default, or move it before this one",
                    required.as_deref().unwrap_or_default()
                );
                cx.error(word, message);
                Default::Required
            }
            (Some((_, value)), false) => Default::Value(value.clone()),
            (None, false) if optional => Default::None,
            (None, _) => Default::Required,
        };
        if matches!(parameter.default, Default::Required) && !parameter.keyword {
            required.get_or_insert_with(|| parameter.name.clone());
        }
    }
}

/// The method that is called.
fn path(block: &Block, forward: &Forward) -> TokenStream {
    let name = &forward.ident;
    match &block.of_trait {
        Some(of_trait) => quote!(<Self as #of_trait>::#name),
        None => quote!(Self::#name),
    }
}

/// Reports that the block does not have the method.
fn missing(cx: &Ctxt, block: &Block) {
    let name = block.wanted();
    let other = block.methods.iter().find(|method| method.to_string().starts_with("forward"));
    let other = other.or(block.methods.first().filter(|_| block.methods.len() == 1));
    let hint = other.map(|method| format!("; to export `{method}`, write `#[module(forward = {method})]`"));
    let message = format!("this block has no `fn {name}(&self, ..) -> ..`, which is what `#[module]` exports");
    cx.error(&block.model, message + &hint.unwrap_or_default());
}

/// A lifetime that the arguments of a call need not live for. Those of forward itself are as short as a call needs.
fn longer_lifetime(ty: &Type, forward: &Generics) -> Option<Ident> {
    let of_forward = |name: &Ident| name == "_" || forward.lifetimes().any(|p| p.lifetime.ident == *name);
    ty::lifetimes(ty.to_token_stream()).into_iter().find(|name| !of_forward(name))
}

impl Parameter {
    fn check(
        cx: &Ctxt,
        argument: &Argument,
        attrs: &ParameterAttrs,
        block: &Block,
        forward: &Forward,
        family: Option<&Path>,
    ) -> Option<Self> {
        if let Some(cure) = refused_number(&argument.ty, family) {
            cx.error(&argument.ty, cure);
            return None;
        }
        if let Some(lifetime) = longer_lifetime(&argument.ty, &forward.generics) {
            cx.error(lifetime, "an argument is borrowed only while forward runs: remove this lifetime");
            return None;
        }
        let slot = Slot::of(cx, &argument.ty, attrs.asked);
        for param in &block.generics.params {
            let ident = match param {
                GenericParam::Type(p) => &p.ident,
                GenericParam::Const(p) => &p.ident,
                _ => continue,
            };
            if ty::mentions(argument.ty.to_token_stream(), ident) {
                let message =
                    format_args!("the arguments of a model have one type: `{ident}` of the impl cannot be part of it");
                cx.error(&argument.ty, message);
                return None;
            }
        }
        if ty::mentions(argument.ty.to_token_stream(), &Ident::new("Self", Span::call_site())) {
            cx.error(&argument.ty, "name the type instead of `Self`: an input is not part of the model");
            return None;
        }
        let Some(ident) = binding(&argument.pattern) else {
            let message = "a parameter of forward needs a plain name, which callers and placeholders use: destructure it in the body";
            cx.error(&argument.pattern, message);
            return None;
        };
        let name = plain(&ident);
        if !is_python_name(&name) {
            cx.error(&ident, format_args!("`{name}` cannot be the name of a Python parameter: choose another name"));
            return None;
        }
        let slot = slot?;
        let optional = slot.is_optional(&argument.ty);
        Some(Parameter { ident, name, slot, keyword: false, default: Default::Required, optional })
    }
}

/// The name in `name` or `mut name`.
fn binding(pattern: &TokenStream) -> Option<Ident> {
    let tokens: Vec<TokenTree> = pattern.clone().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(name)] if name != "_" => Some(name.clone()),
        [TokenTree::Ident(word), TokenTree::Ident(name)] if word == "mut" => Some(name.clone()),
        _ => None,
    }
}
