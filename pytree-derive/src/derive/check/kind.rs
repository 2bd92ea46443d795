//! The kinds of Python nodes that a type can be, and what each kind can hold.

use crate::attr::nearest;
use crate::ctxt::Ctxt;
use crate::derive::ast::{Input, Style};
use proc_macro2::{Ident, Span};

/// A kind of node: one row of the table below.
#[derive(PartialEq, Eq)]
pub(crate) struct Kind {
    /// The word after `as`, which is Python's.
    pub(crate) word: &'static str,
    /// The variant of `pytree_core::Kind`.
    variant: &'static str,
    /// It has a serialized name.
    pub(crate) class: bool,
    /// Its children have names, kept in the context.
    pub(crate) names: bool,
    /// The names are attributes of a Python class.
    pub(crate) attributes: bool,
    /// Its context can hold static fields.
    pub(crate) statics: bool,
    /// It has children.
    pub(crate) children: bool,
}

const BUILTIN: Kind = Kind {
    word: "tuple",
    variant: "Tuple",
    class: false,
    names: false,
    attributes: false,
    statics: false,
    children: true,
};
const CLASS: Kind = Kind {
    word: "dataclass",
    variant: "Dataclass",
    class: true,
    names: true,
    attributes: true,
    statics: true,
    children: true,
};

const KINDS: &[Kind] = &[
    CLASS,
    Kind { word: "mapping", variant: "Mapping", attributes: false, ..CLASS },
    Kind { word: "namedtuple", variant: "NamedTuple", statics: false, ..CLASS },
    Kind { word: "custom", variant: "Custom", names: false, attributes: false, ..CLASS },
    Kind { word: "constant", variant: "Constant", children: false, ..CLASS },
    Kind { word: "dict", variant: "Dict", names: true, ..BUILTIN },
    Kind { word: "OrderedDict", variant: "OrderedDict", names: true, ..BUILTIN },
    BUILTIN,
    Kind { word: "list", variant: "List", ..BUILTIN },
    Kind { word: "deque", variant: "Deque", ..BUILTIN },
    Kind { word: "immutable_dict", variant: "ImmutableDict", names: true, ..BUILTIN },
    Kind { word: "immutable_list", variant: "ImmutableList", ..BUILTIN },
];

impl Kind {
    /// The kind that `as` names. By default a tuple struct is a tuple and a unit struct an empty one, since a dataclass
    /// needs names.
    pub(crate) fn of(cx: &Ctxt, input: &Input<'_>) -> &'static Kind {
        let by_word = |word: &str| KINDS.iter().find(|kind| kind.word == word);
        let named = input.is_enum || input.variants.first().is_none_or(|v| v.style == Style::Named);
        let default = if named { &CLASS } else { &BUILTIN };
        let Some(text) = &input.attrs.kind else { return default };
        let word = text.value.value();
        let found = by_word(&word);
        if found.is_none() {
            let words: Vec<&str> = KINDS.iter().map(|kind| kind.word).collect();
            let near = nearest(&word, &words).map(|k| format!("did you mean \"{k}\"? ")).unwrap_or_default();
            let known = words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
            cx.error(&text.value, format_args!("unknown kind of node; {near}`as` is one of {known}"));
        } else if let (true, Some(kind)) = (input.is_enum, found.filter(|k| !(k.names && k.statics))) {
            let message = format_args!(
                "the context of a {} cannot hold the variant of an enum: use \"dataclass\" or \"mapping\", or write a struct for each variant",
                kind.noun()
            );
            cx.error(&text.value, message);
        }
        // An unknown kind is treated as the least strict one, so that its fields are still checked.
        found.or_else(|| by_word("mapping")).unwrap_or(default)
    }

    /// The kind in a sentence.
    pub(crate) fn noun(&self) -> &'static str {
        if self.word == "custom" { "custom node" } else { self.word }
    }

    /// The name of the variant of `pytree_core::Kind`.
    pub(crate) fn variant(&self) -> Ident {
        Ident::new(self.variant, Span::call_site())
    }
}
