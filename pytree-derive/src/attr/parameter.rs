//! The attributes on the parameters of forward: `#[args]`, `#[kwargs]`, `#[default(..)]`, `#[returned]`.

use super::suggest::nearest;
use crate::ctxt::Ctxt;
use proc_macro2::{Ident, TokenStream};
use syn::{Attribute, Meta};

/// The attributes of one parameter.
pub(crate) struct ParameterAttrs {
    pub(crate) asked: Asked,
    asked_at: Option<Ident>,
    /// The expression in `#[default(..)]`, with the word `default`.
    pub(crate) default: Option<(Ident, TokenStream)>,
}

/// What a parameter is asked to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Nothing,
    Args,
    Kwargs,
    Returned,
}

const OWN: &[&str] = &["args", "kwargs", "default", "returned"];
/// The attributes that the compiler takes on a parameter.
const COMPILER: &[&str] = &["allow", "expect", "warn", "deny", "forbid", "doc", "cfg", "cfg_attr"];

/// Whether an attribute of this name is for the macro and not for the compiler. An unknown one is, to be reported here.
pub(crate) fn is_own(word: &Ident) -> bool {
    !COMPILER.contains(&word.to_string().as_str())
}

impl ParameterAttrs {
    /// Reads the attributes of a parameter; mistakes go to `cx`.
    pub(crate) fn read(cx: &Ctxt, attributes: &[Attribute]) -> Self {
        let mut this = ParameterAttrs { asked: Asked::Nothing, asked_at: None, default: None };
        for attribute in attributes {
            let Some(word) = attribute.path().get_ident() else { continue };
            match word.to_string().as_str() {
                "args" => this.ask(cx, word, Asked::Args, attribute),
                "kwargs" => this.ask(cx, word, Asked::Kwargs, attribute),
                "returned" => this.ask(cx, word, Asked::Returned, attribute),
                "default" => this.set_default(cx, word, attribute),
                "cfg" | "cfg_attr" => {
                    cx.error(
                        attribute,
                        "a parameter of forward cannot be conditional: put `cfg` on two blocks instead",
                    );
                }
                other if COMPILER.contains(&other) => {}
                other => {
                    let near = nearest(other, OWN).map(|k| format!("did you mean `{k}`? ")).unwrap_or_default();
                    let known = OWN.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
                    let message =
                        format_args!("unknown attribute `{other}`; {near}a parameter of forward takes {known}");
                    cx.error(word, message);
                }
            }
        }
        if let (Some((word, _)), Some(asked)) = (&this.default, &this.asked_at) {
            let why = match this.asked {
                Asked::Returned => "the caller has to give what forward changes",
                _ => "it may be empty anyway",
            };
            cx.error(word, format_args!("a parameter with `{asked}` cannot have a default: {why}"));
        }
        this
    }

    fn ask(&mut self, cx: &Ctxt, word: &Ident, asked: Asked, attribute: &Attribute) {
        if !matches!(attribute.meta, Meta::Path(_)) {
            cx.error(attribute, format_args!("`{word}` does not take a value: `#[{word}]`"));
        }
        match &self.asked_at {
            Some(first) if first == word => cx.error(word, format_args!("`{word}` is given twice")),
            Some(first) => {
                cx.error(word, format_args!("a parameter cannot be both `{first}` and `{word}`: remove one"));
            }
            None => (self.asked, self.asked_at) = (asked, Some(word.clone())),
        }
    }

    fn set_default(&mut self, cx: &Ctxt, word: &Ident, attribute: &Attribute) {
        match &attribute.meta {
            Meta::List(list) if !list.tokens.is_empty() => {
                if self.default.is_some() {
                    cx.error(word, "`default` is given twice");
                }
                self.default = Some((word.clone(), list.tokens.clone()));
            }
            _ => cx.error(attribute, "`default` takes an expression of the owned type: `#[default(1.0)]`"),
        }
    }
}
