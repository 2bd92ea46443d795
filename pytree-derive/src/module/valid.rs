//! What a forward takes and gives, once every rule holds.

use super::ast::{Argument, Block, Forward};
use super::marks::Marks;
use super::slot::{self, Holds, Pass, Slot};
use crate::ctxt::Ctxt;
use crate::name::{is_python_name, plain};
use crate::params;
use crate::root::Root;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericParam, Generics, Path, Type};

/// A model with its forward.
pub(crate) struct Model<'a> {
    pub(crate) generics: &'a Generics,
    pub(crate) ty: &'a Type,
    /// The name of its type.
    pub(crate) name: String,
    pub(crate) root: &'a Root,
    /// The family that was named.
    pub(crate) family: Option<&'a Path>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) output: Option<&'a Type>,
}

/// A parameter of forward.
pub(crate) struct Parameter {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) slot: Slot,
    /// It stands behind `*args`, so it is given by name only.
    pub(crate) keyword: bool,
    pub(crate) default: Default,
}

/// What a parameter is when it is left out.
pub(crate) enum Default {
    /// It must be given.
    Required,
    /// None, which an `Option` is.
    None,
    /// What this expression gives.
    Value(TokenStream),
}

impl Parameter {
    /// Whether it may be given by position, as one argument.
    pub(crate) fn is_positional(&self) -> bool {
        self.slot.holds == Holds::One && !self.keyword
    }

    /// Whether forward changes it, so that it is returned.
    pub(crate) fn is_returned(&self) -> bool {
        matches!(self.slot.pass, Pass::ShareMut)
    }
}

/// The longest tuple of slots that there is.
const MAX_PARAMETERS: usize = 12;

impl<'a> Model<'a> {
    /// The model, when forward can be bound; what is wrong goes to `cx`.
    pub(crate) fn check(cx: &Ctxt, block: &'a Block, family: Option<&'a Path>, root: &'a Root) -> Option<Self> {
        let Some(forward) = &block.forward else {
            cx.error(
                &block.model,
                "this block has no `fn forward(&self, ..) -> ..`, which is what `#[module]` exports",
            );
            return None;
        };
        signature(cx, forward);
        let marks: Vec<Marks> = forward.parameters.iter().map(|a| Marks::read(cx, &a.attributes)).collect();
        let given = forward.parameters.iter().zip(&marks);
        let mut written: Vec<_> = given.map(|(a, marks)| Parameter::check(cx, a, marks, block, forward)).collect();
        order(cx, forward, &marks, &mut written);
        if let Some(argument) = forward.parameters.get(MAX_PARAMETERS) {
            let message = format_args!("forward takes at most {MAX_PARAMETERS} parameters: group some in a struct");
            cx.error(&argument.pattern, message);
        }
        output(cx, forward.output.as_ref());
        Some(Model {
            generics: &block.generics,
            ty: &block.model,
            name: type_name(&block.model),
            root,
            family,
            parameters: written.into_iter().collect::<Option<_>>()?,
            output: forward.output.as_ref(),
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
            "forward cannot be generic: the arguments of a call have one type; name it, or `Value` for any tree",
        );
    }
    match &forward.receiver {
        None => cx.error(&forward.ident, "forward has no `&self`: it is called on the model"),
        Some(receiver) if !receiver.shared => {
            cx.error(&receiver.tokens, "forward takes `&self`: export calls it many times on one model");
        }
        Some(_) => {}
    }
}

/// What Python asks of the order of parameters, and which of them have a default by it.
fn order(cx: &Ctxt, forward: &Forward, marks: &[Marks], written: &mut [Option<Parameter>]) {
    let holds = |p: &Option<Parameter>| p.as_ref().map_or(Holds::One, |p| p.slot.holds);
    let all: Vec<Holds> = written.iter().map(holds).collect();
    let at = |what: Holds| all.iter().position(|h| *h == what);
    for (i, parameter) in written.iter_mut().enumerate() {
        let place = &forward.parameters[i].pattern;
        if all[i] != Holds::One && at(all[i]) != Some(i) {
            cx.error(place, "Python has one `*args` and one `**kwargs`: this is the second");
        }
        if at(Holds::VarKwargs).is_some_and(|last| last < i && all[i] != Holds::VarKwargs) {
            cx.error(place, "nothing stands behind `**kwargs`: move `#[kwargs]` to the end");
        }
        let Some(parameter) = parameter else { continue };
        parameter.keyword = parameter.slot.holds == Holds::One && at(Holds::VarArgs).is_some_and(|star| star < i);
    }
    // From the end: a parameter has a default only when all positional ones after it have.
    let mut required = None;
    for i in (0..written.len()).rev() {
        let Some(parameter) = &mut written[i] else { continue };
        if parameter.slot.holds != Holds::One {
            continue;
        }
        let optional = parameter.slot.is_optional(&forward.parameters[i].ty);
        parameter.default = match (&marks[i].default, required.is_some() && !parameter.keyword) {
            (Some((word, _)), true) => {
                let message = format_args!(
                    "parameter without a default follows parameter with a default: give `{}` one, or move it forward",
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

fn output(cx: &Ctxt, output: Option<&Type>) {
    let Some(ty) = output else { return };
    if let Type::ImplTrait(_) = ty {
        cx.error(ty, "name the type that forward returns: a program returns the same one");
    } else if let Some(place) = slot::borrowed(ty.to_token_stream()) {
        let message = "forward gives its result away: return the owned type (`shallow_clone` a tensor that you keep)";
        cx.error(place, message);
    }
}

/// Notes a lifetime that the arguments of a call need not live for: those of forward itself are as short as it asks.
fn lifetimes(cx: &Ctxt, ty: TokenStream, forward: &Generics) -> bool {
    let mut tokens = ty.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let lifetime = match (&token, tokens.peek()) {
            (TokenTree::Punct(p), Some(TokenTree::Ident(name))) if p.as_char() == '\'' => name.clone(),
            (TokenTree::Group(group), _) if !lifetimes(cx, group.stream(), forward) => return false,
            _ => continue,
        };
        if lifetime != "_" && !forward.lifetimes().any(|p| p.lifetime.ident == lifetime) {
            cx.error(lifetime, "an argument is borrowed while forward runs and no longer: drop this lifetime");
            return false;
        }
    }
    true
}

impl Parameter {
    fn check(cx: &Ctxt, argument: &Argument, marks: &Marks, block: &Block, forward: &Forward) -> Option<Self> {
        if !lifetimes(cx, argument.ty.to_token_stream(), &forward.generics) {
            return None;
        }
        let slot = Slot::of(cx, &argument.ty, marks.asked);
        for param in &block.generics.params {
            let ident = match param {
                GenericParam::Type(p) => &p.ident,
                GenericParam::Const(p) => &p.ident,
                _ => continue,
            };
            if params::mentions(argument.ty.to_token_stream(), ident) {
                let message =
                    format_args!("the arguments of a model have one type: `{ident}` of the impl cannot be part of it");
                cx.error(&argument.ty, message);
                return None;
            }
        }
        if params::mentions(argument.ty.to_token_stream(), &Ident::new("Self", proc_macro2::Span::call_site())) {
            cx.error(&argument.ty, "name the type: an input is no part of the model, so it is not made of `Self`");
            return None;
        }
        let Some(ident) = binding(&argument.pattern) else {
            let message = "a parameter of forward needs a plain name, which callers and placeholders use: take the pattern apart in the body";
            cx.error(&argument.pattern, message);
            return None;
        };
        let name = plain(&ident);
        if !is_python_name(&name) {
            cx.error(&ident, format_args!("`{name}` cannot be the name of a Python parameter: choose another"));
            return None;
        }
        Some(Parameter { ident, name, slot: slot?, keyword: false, default: Default::Required })
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

fn type_name(ty: &Type) -> String {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|s| plain(&s.ident)).unwrap_or_default(),
        ty => ty.to_token_stream().to_string(),
    }
}
