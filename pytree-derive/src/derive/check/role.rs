//! The role of each field in the node.

use super::kind::Kind;
use crate::attr::{FieldAttrs, Once};
use crate::ctxt::Ctxt;
use crate::derive::ast::{Input, InputField, InputVariant};
use crate::name::is_python_name;
use crate::ty;
use quote::ToTokens;
use std::collections::HashMap;
use syn::{Ident, Member, Path, Type};

/// A field with its role.
pub(crate) struct NodeField<'a> {
    pub(crate) member: &'a Member,
    pub(crate) ty: &'a Type,
    /// The name in Rust.
    pub(crate) rust_name: String,
    pub(crate) role: Role<'a>,
}

/// The role of a field.
pub(crate) enum Role<'a> {
    /// A child under this name.
    Child(String),
    /// A child under this name that is one leaf, by `AsLeaf`.
    Leaf(String),
    /// A child under this name, walked by the functions of a module.
    With(String, &'a Path),
    /// Its children become children of the node.
    Flatten,
    /// Kept in the context under this name.
    Static(String),
    /// Not carried: made by this function, or by `Default`.
    Skip(Option<&'a Path>),
}

/// `NodeType::MAX_FIELDS`: the set of present fields has this many bits.
const MAX_CHILDREN: usize = 128;

/// `NodeType::VARIANT`: the name under which the context of an enum holds its variant.
const VARIANT: &str = "variant";

impl Role<'_> {
    /// The name of the child, if the field is exactly one.
    pub(crate) fn child(&self) -> Option<&str> {
        match self {
            Role::Child(name) | Role::Leaf(name) | Role::With(name, _) => Some(name),
            Role::Flatten | Role::Static(_) | Role::Skip(_) => None,
        }
    }

    /// Whether the field is a child or brings children.
    pub(crate) fn has_children(&self) -> bool {
        self.child().is_some() || matches!(self, Role::Flatten)
    }
}

/// The fields of one variant with their roles; mistakes go to `cx`.
pub(super) fn fields<'a>(
    cx: &Ctxt,
    input: &Input<'_>,
    variant: &'a InputVariant<'a>,
    kind: &Kind,
) -> Vec<NodeField<'a>> {
    let read = |field: &'a InputField<'a>| NodeField {
        member: &field.member,
        ty: field.ty,
        rust_name: field.rust_name(),
        role: role(cx, input, field, kind),
    };
    let fields: Vec<NodeField<'a>> = variant.fields.iter().map(read).collect();
    unique(cx, input, &fields, variant);
    fields
}

fn role<'a>(cx: &Ctxt, input: &Input<'_>, field: &'a InputField<'a>, kind: &Kind) -> Role<'a> {
    let (attrs, one) = (&field.attrs, one_role(cx, &field.attrs));
    if one == Kept::Child && attrs.leaf.is_none() && attrs.with.is_none() {
        ty::refuse_double(cx, field.ty.to_token_stream());
    }
    let word = kind.noun();
    let name = match (&attrs.rename, &field.member) {
        (Some(rename), _) => rename.value.value(),
        (None, Member::Named(_)) => field.rust_name(),
        // No Python name begins with a digit.
        (None, Member::Unnamed(index)) => format!("_{}", index.index),
    };
    conflicts(cx, input, attrs, kind);
    let carried = matches!(one, Kept::Child | Kept::Static);
    if let (Some(rename), false, Kept::Child) = (&attrs.rename, kind.names || !kind.children, one) {
        cx.error(&rename.key, format_args!("the children of a {word} are numbered, not named: remove `rename`"));
    } else if kind.attributes && carried && attrs.flatten.is_none() && !is_attribute(&name, kind) {
        let message = format_args!(
            "`{name}` cannot be a field of a Python {word}: give it another name with `#[pytree(rename = \"..\")]`"
        );
        match &attrs.rename {
            Some(rename) => cx.error(&rename.value, message),
            None => cx.error(field.place(), message),
        }
    }
    if !kind.children && matches!(one, Kept::Child) {
        let message = format_args!("a {word} has no children: use `#[pytree(static)]` or `#[pytree(skip)]`");
        cx.error(field.place(), message);
    }
    match one {
        Kept::Not => Role::Skip(attrs.default.as_ref().map(|d| &d.value)),
        Kept::Static => Role::Static(name),
        Kept::Child if attrs.flatten.is_some() => Role::Flatten,
        Kept::Child if attrs.leaf.is_some() => Role::Leaf(name),
        Kept::Child => match &attrs.with {
            Some(with) => Role::With(name, &with.value),
            None => Role::Child(name),
        },
    }
}

/// Reports attributes that do not belong together, or not on a field of this kind of node.
fn conflicts(cx: &Ctxt, input: &Input<'_>, attrs: &FieldAttrs, kind: &Kind) {
    let word = kind.noun();
    if let (Some(default), None) = (&attrs.default, &attrs.skip) {
        cx.error(&default.key, "`default` makes the value of a skipped field: add `skip`");
    }
    if let (Some(rename), Some(_)) = (&attrs.rename, &attrs.skip) {
        cx.error(&rename.key, "a skipped field has no name in Python: remove `rename` or `skip`");
    }
    if let (Some(rename), Some(_)) = (&attrs.rename, &attrs.flatten) {
        cx.error(
            &rename.key,
            "a flattened field has no name in Python, only its children have one: remove `rename` or `flatten`",
        );
    }
    if let (Some(fixed), false) = (&attrs.fixed, kind.statics) {
        let message = format_args!(
            "the context of a {word} cannot hold a static field: use `skip`, or `as = \"dataclass\"` or `as = \"mapping\"` on the type"
        );
        cx.error(&fixed.key, message);
    } else if let (Some(fixed), Some(_)) = (&attrs.fixed, &input.attrs.remote) {
        cx.error(
            &fixed.key,
            "a `remote` struct cannot have static fields: `Statics` cannot be implemented for a type of another crate",
        );
    }
    if let (Some(flatten), true) = (&attrs.flatten, input.is_enum || !kind.names) {
        let what = if input.is_enum { "variant" } else { word };
        cx.error(
            &flatten.key,
            format_args!("a {what} cannot flatten a field: only a struct with named children can; remove `flatten`"),
        );
    }
}

/// Where a field is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    Child,
    Static,
    Not,
}

/// Where the field is kept; more than one role is a mistake.
fn one_role(cx: &Ctxt, field: &FieldAttrs) -> Kept {
    let key = |once: &Option<Once<()>>| once.as_ref().map(|o| o.key.clone());
    let with = field.with.as_ref().map(|w| w.key.clone());
    let roles: Vec<(Ident, &str)> = [
        (key(&field.fixed), "kept in the context"),
        (key(&field.skip), "not carried"),
        (key(&field.leaf), "one leaf"),
        (with, "walked by functions"),
        (key(&field.flatten), "replaced by its children"),
    ]
    .into_iter()
    .filter_map(|(key, what)| Some((key?, what)))
    .collect();
    if let [(first, is), rest @ ..] = roles.as_slice() {
        for (key, other) in rest {
            cx.error(key, format_args!("a field cannot be both `{first}` ({is}) and `{key}` ({other}): remove one"));
        }
    }
    match (&field.skip, &field.fixed) {
        (Some(_), _) => Kept::Not,
        (None, Some(_)) => Kept::Static,
        (None, None) => Kept::Child,
    }
}

/// Whether a Python class of this kind can have the attribute. `collections.namedtuple` refuses a leading underscore.
fn is_attribute(name: &str, kind: &Kind) -> bool {
    is_python_name(name) && !(kind.word == "namedtuple" && name.starts_with('_'))
}

/// No name is used twice, and the children are not too many.
fn unique(cx: &Ctxt, input: &Input<'_>, fields: &[NodeField<'_>], variant: &InputVariant<'_>) {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    let mut children = 0;
    for (field, written) in fields.iter().zip(&variant.fields) {
        let name = match &field.role {
            Role::Static(name) => name,
            role => match role.child() {
                Some(name) => name,
                None => continue,
            },
        };
        let message = match seen.insert(name, &field.rust_name) {
            Some(other) => {
                let cure = if written.attrs.rename.is_some() {
                    "choose another `rename`"
                } else {
                    "give one of them a `rename`"
                };
                Some(format!("the name \"{name}\" is already taken by field `{other}`: {cure}"))
            }
            None if input.is_enum && name == VARIANT => {
                Some(format!("the name \"{name}\" is reserved for the variant in the context: rename the field"))
            }
            None => None,
        };
        if let Some(message) = message {
            match &written.attrs.rename {
                Some(rename) => cx.error(&rename.value, message),
                None => cx.error(written.place(), message),
            }
        }
        children += usize::from(field.role.child().is_some());
        if children == MAX_CHILDREN + 1 && field.role.child().is_some() {
            cx.error(written.place(), format_args!("a node has at most {MAX_CHILDREN} fields: group some in a struct"));
        }
    }
}
