//! Expansions for the other shapes and roles cause no warnings, whatever lints are on.
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, rust_2018_idioms, future_incompatible)]
#![deny(nonstandard_style, unused, private_interfaces, private_bounds, unsafe_code, single_use_lifetimes)]

use pytree_core::{AsLeaf, LeafError, Meta, Module, Plain, PyTree, TensorMeta, function, module};

/// A foreign type.
pub mod other {
    /// Two numbers.
    #[derive(Debug)]
    pub struct Span(pub i64, pub i64);
}

/// A description of it.
#[derive(PyTree)]
#[pytree(remote = "other::Span", as = "tuple", family = Meta)]
pub struct SpanDef(i64, i64);

/// A mode.
#[derive(Clone, Copy, Debug)]
pub enum Mode {
    /// One.
    Train,
    /// Other.
    Eval,
}

impl AsLeaf for Mode {
    fn to_leaf(&self) -> Plain<'_> {
        Plain::Bool(matches!(self, Mode::Train))
    }
    fn from_leaf(leaf: Plain<'_>) -> Result<Self, LeafError> {
        match leaf {
            Plain::Bool(true) => Ok(Mode::Train),
            Plain::Bool(false) => Ok(Mode::Eval),
            other => Err(other.kind().to_string().into()),
        }
    }
}

/// An enum.
#[derive(PyTree)]
#[pytree(family = Meta)]
pub enum Mask {
    /// Nothing.
    Causal,
    /// A field.
    Dense(TensorMeta, #[pytree(leaf)] Mode),
    /// Fields.
    Window {
        /// Its mask.
        mask: Option<TensorMeta>,
        /// Its size.
        #[pytree(static)]
        size: i64,
        /// A foreign one.
        #[pytree(with = SpanDef)]
        span: other::Span,
    },
}

/// A model.
pub struct Model;

#[module(family = Meta)]
impl Model {
    /// Its forward.
    pub fn forward(&self, mask: Mask, #[returned] n: &mut i64, #[default(2)] m: i64, #[args] rest: &[Mask]) -> i64 {
        *n += 1;
        let size = match mask {
            Mask::Causal => 0,
            Mask::Dense(t, mode) => t.sizes[0] + i64::from(matches!(mode, Mode::Eval)),
            Mask::Window { mask, size, span } => size + i64::from(mask.is_some()) + span.0,
        };
        size + m + *n + i64::try_from(rest.len()).unwrap_or(0)
    }
}

fn main() {
    let call = Model::args((Mask::Window { mask: None, size: 3, span: other::Span(1, 2) }, 4, 2)).rest([Mask::Causal]);
    assert_eq!(Model.call(&call).unwrap(), (12, 5));
    let add = function!(family = Meta, |a: i64, #[default(1)] b: i64| -> i64 { a + b });
    assert_eq!(add.call(&add.args(2)).unwrap(), 3);
    assert_eq!(add.call(&add.kwargs().b(2).a(2)).unwrap(), 4);
}
