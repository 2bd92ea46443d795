//! What a type means as a node, once every rule holds.

use super::ast::{Input, InputField};
use crate::ctxt::Ctxt;
use crate::name::{is_python_name, plain};
use crate::params::{self, Param};
use crate::root::Root;
use quote::ToTokens;
use std::collections::HashMap;
use syn::{GenericParam, Generics, Ident, Path, Type};

/// A struct as a node.
pub(crate) struct Node<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    pub(crate) root: &'a Root,
    pub(crate) kind: Kind,
    /// The serialized name that was given.
    pub(crate) name: Option<String>,
    pub(crate) family: Family<'a>,
    /// Only `PyTree` is written, no `OwnedTree`.
    pub(crate) borrow_only: bool,
    pub(crate) params: Vec<Param<'a>>,
    pub(crate) fields: Vec<NodeField<'a>>,
}

/// Which Python node it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Dataclass,
    Mapping,
    Dict,
    Tuple,
    List,
}

/// Which tensors it holds.
pub(crate) enum Family<'a> {
    /// Whatever its type parameters hold.
    Any,
    /// Those of the family that was named.
    Named(&'a Path),
    /// `tch::Tensor`.
    Tch,
}

/// A field and its part in the node.
pub(crate) struct NodeField<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
    pub(crate) role: Role,
}

/// What a field is to the node.
pub(crate) enum Role {
    /// A child under this name.
    Child(String),
    /// Kept in the context under this name.
    Static(String),
    /// Not carried.
    Skip,
}

/// `NodeType::MAX_FIELDS`: the bits of the set of present fields.
const MAX_CHILDREN: usize = 128;

const KINDS: &[(&str, Kind)] = &[
    ("dataclass", Kind::Dataclass),
    ("mapping", Kind::Mapping),
    ("dict", Kind::Dict),
    ("tuple", Kind::Tuple),
    ("list", Kind::List),
];

impl Kind {
    fn word(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }

    /// Whether the node carries a serialized name and a context of its own.
    pub(crate) fn is_class(self) -> bool {
        matches!(self, Kind::Dataclass | Kind::Mapping)
    }
}

impl<'a> Node<'a> {
    /// The node, to be trusted when no rule is broken; what is broken goes to `cx`.
    pub(crate) fn check(cx: &Ctxt, input: &'a Input<'a>) -> Self {
        packed(cx, input);
        let kind = kind(cx, input);
        let name = serialized_name(cx, input, kind);
        let fields: Vec<NodeField<'a>> = input.fields.iter().map(|f| field(cx, f, kind)).collect();
        unique(cx, &fields, input);
        let params = parameters(cx, input, &fields);
        let family = match &input.family {
            Some(family) => Family::Named(&family.value),
            None if params.iter().any(|p| p.tree) => Family::Any,
            None => Family::Tch,
        };
        let borrow_only = input.borrow_only.is_some() || input.generics.lifetimes().next().is_some();
        let Input { ident, generics, root, .. } = input;
        Node { ident, generics, root, kind, name, family, borrow_only, params, fields }
    }
}

/// The fields of a packed struct cannot be borrowed.
fn packed(cx: &Ctxt, input: &Input<'_>) {
    for attribute in input.attributes.iter().filter(|a| a.path().is_ident("repr")) {
        if params::mentions(attribute.meta.to_token_stream(), &Ident::new("packed", input.ident.span())) {
            cx.error(attribute, "a packed struct cannot be walked: its fields cannot be borrowed");
        }
    }
}

fn kind(cx: &Ctxt, input: &Input<'_>) -> Kind {
    let Some(text) = &input.kind else { return Kind::Dataclass };
    let found = KINDS.iter().find(|(word, _)| *word == text.value.value());
    if found.is_none() {
        let known = KINDS.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
        cx.error(&text.value, format_args!("unknown kind of node; `as` is one of {known}"));
    }
    // The laxest kind, so that the fields of an unknown one are still looked at.
    found.map_or(Kind::Mapping, |(_, kind)| *kind)
}

fn serialized_name(cx: &Ctxt, input: &Input<'_>, kind: Kind) -> Option<String> {
    let name = input.name.as_ref()?;
    let text = name.value.value();
    if !kind.is_class() {
        let word = kind.word();
        cx.error(&name.key, format_args!("a {word} has no serialized name: drop `name`, or say `as = \"dataclass\"`"));
    } else if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control()) || text.contains("::") {
        cx.error(&name.value, "a serialized name is written as in Python: `module.Type`, without spaces or `::`");
    }
    Some(text)
}

fn field<'a>(cx: &Ctxt, field: &'a InputField<'a>, kind: Kind) -> NodeField<'a> {
    let name = field.rename.as_ref().map_or_else(|| plain(field.ident), |rename| rename.value.value());
    if let (Some(_), Some(skip)) = (&field.fixed, &field.skip) {
        cx.error(&skip.key, "a field is `static`, kept in the context, or `skip`, not carried: drop one");
    }
    if let (Some(rename), Some(_)) = (&field.rename, &field.skip) {
        cx.error(&rename.key, "a field that is not carried has no name in Python: drop `rename` or `skip`");
    }
    if let (Some(fixed), false) = (&field.fixed, kind.is_class()) {
        let word = kind.word();
        let message = format_args!(
            "a {word} has no context that could keep a static field: say `skip`, or make the struct `as = \"dataclass\"` or \"mapping\""
        );
        cx.error(&fixed.key, message);
    }
    if let (Some(rename), Kind::Tuple | Kind::List) = (&field.rename, kind) {
        cx.error(&rename.key, format_args!("the children of a {} are numbered, not named: drop `rename`", kind.word()));
    } else if kind == Kind::Dataclass && field.skip.is_none() && !is_python_name(&name) {
        let message =
            format_args!("`{name}` cannot be the field of a Python dataclass: say `#[pytree(rename = \"..\")]`");
        match &field.rename {
            Some(rename) => cx.error(&rename.value, message),
            None => cx.error(field.ident, message),
        }
    }
    let role = match (&field.fixed, &field.skip) {
        (_, Some(_)) => Role::Skip,
        (Some(_), None) => Role::Static(name),
        (None, None) => Role::Child(name),
    };
    NodeField { ident: field.ident, ty: field.ty, role }
}

/// Names must differ, and the children must fit.
fn unique(cx: &Ctxt, fields: &[NodeField<'_>], input: &Input<'_>) {
    let mut seen: HashMap<&str, &Ident> = HashMap::new();
    let mut children = 0;
    for (field, written) in fields.iter().zip(&input.fields) {
        let (Role::Child(name) | Role::Static(name)) = &field.role else { continue };
        if let Some(other) = seen.insert(name, field.ident) {
            let message = format_args!("the name \"{name}\" is taken by field `{other}`");
            match &written.rename {
                Some(rename) => cx.error(&rename.value, message),
                None => cx.error(field.ident, message),
            }
        }
        children += usize::from(matches!(field.role, Role::Child(_)));
        if children == MAX_CHILDREN + 1 {
            cx.error(field.ident, format_args!("a node has at most {MAX_CHILDREN} fields: group some in a struct"));
        }
    }
}

/// What the type parameters are used for.
fn parameters<'a>(cx: &Ctxt, input: &Input<'a>, fields: &[NodeField<'a>]) -> Vec<Param<'a>> {
    let tokens = |ty: &Type| params::without_recursion(ty.to_token_stream(), input.ident);
    let of_type = |param: &'a GenericParam| match param {
        GenericParam::Type(param) => Some(Param::new(param)),
        _ => None,
    };
    let mut params: Vec<Param<'a>> = input.generics.params.iter().filter_map(of_type).collect();
    for param in &mut params {
        let ident = &param.param.ident;
        for field in fields.iter().filter(|f| params::mentions(tokens(f.ty), ident)) {
            match field.role {
                Role::Child(_) => {
                    params::refuse_projection(cx, field.ty, ident);
                    param.tree = true;
                }
                Role::Static(_) => param.fixed = true,
                Role::Skip => param.skip |= !is_phantom(field.ty),
            }
        }
        if param.tree && param.fixed {
            for field in fields.iter().filter(|f| matches!(f.role, Role::Static(_))) {
                if params::mentions(tokens(field.ty), ident) {
                    let message = format_args!(
                        "`{ident}` stands for what the tree holds, so a static field cannot be made of it: give the field a parameter of its own"
                    );
                    cx.error(field.ty, message);
                }
            }
        }
    }
    params
}

/// `PhantomData`, which has a default value whatever it is of.
fn is_phantom(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == "PhantomData"))
}
