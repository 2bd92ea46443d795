//! The attributes that `#[module]` reads on the parameters of forward: `#[args]`, `#[kwargs]`, `#[default(..)]`,
//! `#[returned]`. They are its own, so the block that the compiler sees is without them.

use super::slot::Asked;
use crate::attr::nearest;
use crate::ctxt::Ctxt;
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::{Attribute, Meta};

const MARKS: &[&str] = &["args", "kwargs", "default", "returned"];
/// What the compiler takes on a parameter.
const OTHERS: &[&str] = &["allow", "expect", "warn", "deny", "forbid", "doc", "cfg", "cfg_attr"];

/// What is said of one parameter.
pub(crate) struct Marks {
    pub(crate) asked: Asked,
    pub(crate) asked_at: Option<Ident>,
    /// The expression in `#[default(..)]`, with the word.
    pub(crate) default: Option<(Ident, TokenStream)>,
}

impl Marks {
    /// Reads the attributes of a parameter; mistakes go to `cx`.
    pub(crate) fn read(cx: &Ctxt, attributes: &[Attribute]) -> Self {
        let mut this = Marks { asked: Asked::Nothing, asked_at: None, default: None };
        for attribute in attributes {
            let Some(word) = attribute.path().get_ident() else { continue };
            let asked = match word.to_string().as_str() {
                "args" => Asked::Args,
                "kwargs" => Asked::Kwargs,
                "returned" => Asked::Returned,
                "default" => {
                    this.set_default(cx, word, attribute);
                    continue;
                }
                "cfg" | "cfg_attr" => {
                    let message = "a parameter of forward is always there: put `cfg` on two blocks instead";
                    cx.error(attribute, message);
                    continue;
                }
                other if OTHERS.contains(&other) => continue,
                other => {
                    let near = nearest(other, MARKS).map(|k| format!("did you mean `{k}`? ")).unwrap_or_default();
                    let known = MARKS.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
                    cx.error(
                        word,
                        format_args!("unknown attribute `{other}`; {near}a parameter of forward takes {known}"),
                    );
                    continue;
                }
            };
            if !matches!(attribute.meta, Meta::Path(_)) {
                cx.error(attribute, format_args!("`{word}` takes no value: `#[{word}]`"));
            }
            match &this.asked_at {
                Some(first) if first == word => cx.error(word, format_args!("`{word}` is given twice")),
                Some(first) => cx.error(word, format_args!("a parameter is `{first}` or `{word}`: drop one")),
                None => (this.asked, this.asked_at) = (asked, Some(word.clone())),
            }
        }
        if let (Some((word, _)), Some(asked)) = (&this.default, &this.asked_at) {
            let why =
                if this.asked == Asked::Returned { "what forward changes is given" } else { "it may always be empty" };
            cx.error(word, format_args!("a parameter with `{asked}` has no default: {why}"));
        }
        this
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

/// The block without the marks in the parameters of forward.
pub(crate) fn strip_block(item: TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    if let Some(TokenTree::Group(body)) = tokens.last_mut() {
        *body = regroup(body, strip_methods(body.stream()));
    }
    tokens.into_iter().collect()
}

/// The methods of a block, forward without its marks.
fn strip_methods(body: TokenStream) -> TokenStream {
    let mut last = [None, None];
    let mut in_signature = false;
    let strip = |token: TokenTree| {
        let word = match &token {
            TokenTree::Ident(ident) => Some(ident.to_string()),
            _ => None,
        };
        in_signature |= last == [Some("fn".to_owned()), Some("forward".to_owned())];
        let [_, before] = std::mem::take(&mut last);
        last = [before, word];
        match token {
            TokenTree::Group(group) if in_signature && group.delimiter() == Delimiter::Parenthesis => {
                in_signature = false;
                TokenTree::Group(regroup(&group, strip(group.stream())))
            }
            other => other,
        }
    };
    body.into_iter().map(strip).collect()
}

/// Parameters without the marks.
pub(crate) fn strip(parameters: TokenStream) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    for token in parameters {
        let hash = matches!(kept.last(), Some(TokenTree::Punct(p)) if p.as_char() == '#');
        match &token {
            TokenTree::Group(group) if hash && group.delimiter() == Delimiter::Bracket && is_mark(group) => {
                kept.pop();
            }
            _ => kept.push(token),
        }
    }
    kept.into_iter().collect()
}

/// Whether `[..]` is one of the marks: or a word that is none of the compiler's, which has its own message.
fn is_mark(group: &Group) -> bool {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    match tokens.as_slice() {
        // A path, as `rustfmt::skip`, is some tool's.
        [TokenTree::Ident(_), TokenTree::Punct(p), ..] if p.as_char() == ':' => false,
        [TokenTree::Ident(word), ..] => !OTHERS.contains(&word.to_string().as_str()),
        _ => false,
    }
}

fn regroup(group: &Group, stream: TokenStream) -> Group {
    let mut new = Group::new(group.delimiter(), stream);
    new.set_span(group.span());
    new
}
