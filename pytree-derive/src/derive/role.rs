//! What each field is to the node.

use super::ast::{Input, InputField, InputVariant};
use super::kind::Kind;
use crate::attr::Once;
use crate::ctxt::Ctxt;
use crate::name::is_python_name;
use crate::option;
use quote::ToTokens;
use std::collections::HashMap;
use syn::{Ident, Member, Path, Type};

/// A field and its part in the node.
pub(crate) struct NodeField<'a> {
    pub(crate) member: &'a Member,
    pub(crate) ty: &'a Type,
    /// The name in Rust.
    pub(crate) rust_name: String,
    pub(crate) role: Role<'a>,
}

/// What a field is to the node.
pub(crate) enum Role<'a> {
    /// A child under this name.
    Child(String),
    /// A child under this name that is one leaf, by `AsLeaf`.
    Leaf(String),
    /// A child under this name that is walked by the functions of a module.
    With(String, &'a Path),
    /// Its children are children of the node.
    Flatten,
    /// Kept in the context under this name.
    Static(String),
    /// Not carried: made by this function, or by default.
    Skip(Option<&'a Path>),
}

/// `NodeType::MAX_FIELDS`: the bits of the set of present fields.
const MAX_CHILDREN: usize = 128;

/// `NodeType::VARIANT`: where the context of an enum holds its variant.
pub(crate) const VARIANT: &str = "variant";

impl Role<'_> {
    /// The name among the children: none for what is no child, or many.
    pub(crate) fn child(&self) -> Option<&str> {
        match self {
            Role::Child(name) | Role::Leaf(name) | Role::With(name, _) => Some(name),
            Role::Flatten | Role::Static(_) | Role::Skip(_) => None,
        }
    }
}

/// The fields of one variant with their roles; mistakes go to `cx`.
pub(crate) fn fields<'a>(
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
    let one = one_role(cx, field);
    if one == Kept::Child && field.leaf.is_none() && field.with.is_none() {
        option::refuse_double(cx, field.ty.to_token_stream());
    }
    let word = kind.noun();
    let name = match (&field.rename, &field.member) {
        (Some(rename), _) => rename.value.value(),
        (None, Member::Named(_)) => field.rust_name(),
        // No Python name begins with a digit.
        (None, Member::Unnamed(index)) => format!("_{}", index.index),
    };
    if let (Some(default), None) = (&field.default, &field.skip) {
        cx.error(&default.key, "`default` makes the value of a field that is not carried: say `skip` as well");
    }
    if let (Some(rename), Some(_)) = (&field.rename, &field.skip) {
        cx.error(&rename.key, "a field that is not carried has no name in Python: drop `rename` or `skip`");
    }
    if let (Some(rename), Some(_)) = (&field.rename, &field.flatten) {
        cx.error(&rename.key, "a flattened field has no name in Python, its children have: drop `rename` or `flatten`");
    }
    if let (Some(fixed), false) = (&field.fixed, kind.statics) {
        let message = format_args!(
            "a {word} has no context that could keep a static field: say `skip`, or make the struct `as = \"dataclass\"` or \"mapping\""
        );
        cx.error(&fixed.key, message);
    } else if let (Some(fixed), Some(_)) = (&field.fixed, &input.remote) {
        cx.error(
            &fixed.key,
            "a `remote` type has no static fields: `Statics` cannot be written for another crate's type",
        );
    }
    if let (Some(flatten), true) = (&field.flatten, input.is_enum || !kind.names) {
        let what = if input.is_enum { "variant" } else { word };
        cx.error(&flatten.key, format_args!("`flatten` puts names among names, and a {what} takes none: drop it"));
    }
    let carried = matches!(one, Kept::Child | Kept::Static);
    if let (Some(rename), false, Kept::Child) = (&field.rename, kind.names || !kind.children, one) {
        cx.error(&rename.key, format_args!("the children of a {word} are numbered, not named: drop `rename`"));
    } else if kind.attributes && carried && field.flatten.is_none() && !is_attribute(&name, kind) {
        let message = format_args!("`{name}` cannot be the field of a Python {word}: say `#[pytree(rename = \"..\")]`");
        match &field.rename {
            Some(rename) => cx.error(&rename.value, message),
            None => cx.error(field.place(), message),
        }
    }
    if !kind.children && matches!(one, Kept::Child) {
        let message = format_args!("a {word} has no children: say `#[pytree(static)]`, or `skip`");
        cx.error(field.place(), message);
    }
    match one {
        Kept::Not => Role::Skip(field.default.as_ref().map(|d| &d.value)),
        Kept::Static => Role::Static(name),
        Kept::Child if field.flatten.is_some() => Role::Flatten,
        Kept::Child if field.leaf.is_some() => Role::Leaf(name),
        Kept::Child => match &field.with {
            Some(with) => Role::With(name, &with.value),
            None => Role::Child(name),
        },
    }
}

/// Where a field is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    Child,
    Static,
    Not,
}

/// At most one word for what a field is.
fn one_role(cx: &Ctxt, field: &InputField<'_>) -> Kept {
    let key = |once: &Option<Once<()>>| once.as_ref().map(|o| o.key.clone());
    let with = field.with.as_ref().map(|w| w.key.clone());
    let said: Vec<(Ident, &str)> = [
        (key(&field.fixed), "kept in the context"),
        (key(&field.skip), "not carried"),
        (key(&field.leaf), "one leaf"),
        (with, "walked by functions"),
        (key(&field.flatten), "its children"),
    ]
    .into_iter()
    .filter_map(|(key, what)| Some((key?, what)))
    .collect();
    if let [(first, is), rest @ ..] = said.as_slice() {
        for (key, other) in rest {
            cx.error(key, format_args!("a field is `{first}`, {is}, or `{key}`, {other}: drop one"));
        }
    }
    match (&field.skip, &field.fixed) {
        (Some(_), _) => Kept::Not,
        (None, Some(_)) => Kept::Static,
        (None, None) => Kept::Child,
    }
}

/// Whether Python's class of this kind may have the attribute. `collections.namedtuple` takes no leading underscore.
fn is_attribute(name: &str, kind: &Kind) -> bool {
    is_python_name(name) && !(kind.word == "namedtuple" && name.starts_with('_'))
}

/// Names must differ, and the children must fit.
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
            Some(other) => Some(format!("the name \"{name}\" is taken by field `{other}`")),
            None if input.is_enum && name == VARIANT => {
                Some(format!("the name \"{name}\" is where the context holds the variant: rename the field"))
            }
            None => None,
        };
        if let Some(message) = message {
            match &written.rename {
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
