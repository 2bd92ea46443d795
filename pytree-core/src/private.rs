//! What the derive and `#[module]` write in terms of. Not for use by hand.
//!
//! Written code may stand under `#![no_implicit_prelude]`, so it finds here every name it needs.

pub use crate::fields::{Fields, FieldsMut, FieldsOwned, Rebuilder, Variant};
pub use crate::fields::{into_parts, rebuild_parts, walk_parts, walk_parts_mut};
pub use crate::fields::{into_struct, rebuild_enum, rebuild_struct, walk_struct, walk_struct_mut};
pub use crate::module::{Call, Slots, VarArgs, VarKwargs};
pub use crate::node::{NodeType, Statics};
pub use crate::tree::{Source, Visitor, VisitorMut, VisitorOwned};
pub use crate::with::{ByLeaf, Parts, PartsOwned, With, WithOwned};
pub use crate::{
    __python_name as python_name, AsLeaf, BindError, Family, Kind, Meta, Module, OwnedTree, Parameter, ParameterKind,
    PyTree, Retype, ShareTensor, Signature, TreeSpec, UnflattenError,
};
pub use std::convert::Into;
pub use std::default::Default;
pub use std::fmt::{Debug, Formatter, Result as FmtResult};
pub use std::iter::{Extend, IntoIterator};
pub use std::marker::PhantomData;
use std::ops::ControlFlow;
pub use std::ops::Fn;
pub use std::option::Option::{self, None, Some};
pub use std::result::Result::{self, Err, Ok};
pub use std::string::String;
pub use std::vec::Vec;
pub use std::{assert, concat, module_path};

/// What the walks of a derived type return.
pub type Flow<B> = ControlFlow<B>;
/// What rebuilding gives.
pub type Rebuilt<X> = Result<X, UnflattenError>;

/// A type whose values can be kept in a context: the type of a `#[pytree(static)]` field.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a static field",
    label = "this cannot be kept in the spec, which is compared and written as JSON",
    note = "a static field needs `#[derive(PartialEq, serde::Serialize, serde::Deserialize)]` on `{Self}`",
    note = "tensors and what holds them are no configuration: without `#[pytree(static)]` the field is a child of the tree",
    note = "a field that need not be carried at all is `#[pytree(skip)]`",
    note = "a parameter that is static in the type of a field is no tree: `#[pytree(bound = \"..\")]` on the type says what it is"
)]
pub trait StaticField: Sized {
    /// Adds the field to the JSON object of a context.
    fn write(&self, object: &mut StaticsObject, name: &str) -> Result<(), StaticsError>;

    /// Takes the field from the JSON object of a context.
    fn read<F: Family, S: Source<F>>(fields: &mut Rebuilder<'_, S>, name: &'static str)
    -> Result<Self, UnflattenError>;
}

#[diagnostic::do_not_recommend]
impl<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq> StaticField for T {
    fn write(&self, object: &mut StaticsObject, name: &str) -> Result<(), StaticsError> {
        object.insert(name.to_owned(), serde_json::to_value(self)?);
        Ok(())
    }

    fn read<F: Family, S: Source<F>>(
        fields: &mut Rebuilder<'_, S>,
        name: &'static str,
    ) -> Result<Self, UnflattenError> {
        fields.static_field(name)
    }
}

/// The JSON object that [`Statics`] gives.
pub type StaticsObject = serde_json::Map<String, serde_json::Value>;
/// The JSON value that [`Statics`] gives.
pub type StaticsValue = serde_json::Value;
/// What [`Statics`] can fail with.
pub type StaticsError = serde_json::Error;

/// A type that is a tensor or holds nothing but tensors: no static field, even when serde can write it.
pub trait Tensors {}
impl Tensors for crate::TensorMeta {}
#[cfg(feature = "tch")]
impl Tensors for tch::Tensor {}
impl<T: Tensors> Tensors for Vec<T> {}
impl<T: Tensors> Tensors for Option<T> {}
impl<T: Tensors> Tensors for Box<T> {}
impl<T: Tensors, const N: usize> Tensors for [T; N] {}

/// Tells [`Tensors`] from other types: an inherent constant comes before one of a trait.
pub struct Holds<T>(std::marker::PhantomData<T>);

impl<T: Tensors> Holds<T> {
    /// It holds tensors.
    pub const TENSORS: bool = true;
}

/// What [`Holds`] says of all other types.
pub trait HoldsNone {
    /// It is not known to hold tensors.
    const TENSORS: bool = false;
}
impl<T> HoldsNone for Holds<T> {}

/// Writes the variant of an enum into its context.
pub fn write_variant(object: &mut StaticsObject, tag: &str) {
    object.insert(NodeType::VARIANT.to_owned(), tag.into());
}

/// What [`PyTree::FIELDS`] is.
pub type FieldNames = Option<&'static [&'static str]>;

/// One field of a node, or all of another type.
pub enum Part {
    /// A field of this name.
    One(&'static str),
    /// The fields of a type, when they may stand among others.
    All(FieldNames),
}

/// A struct with flattened fields, whose list of fields is put together by the compiler.
pub trait Joined<F: Family> {
    /// The node, without its fields.
    const NODE: NodeType;
    /// Whether a mistake in the list ends compilation here: it does so elsewhere for a type without parameters.
    const STRICT: bool;
    /// Its own fields, and the types whose fields are also its.
    const PARTS: &'static [Part];
    /// All fields, with room behind them.
    const JOINED: &'static ([&'static str; NodeType::MAX_FIELDS], usize) = &join(Self::PARTS, Self::STRICT);
    /// The node.
    const TYPE: &'static NodeType = &NodeType { fields: Self::JOINED.0.split_at(Self::JOINED.1).0, ..Self::NODE };
}

/// The fields of all parts and their number; it ends compilation when they do not fit together.
const fn join(parts: &[Part], strict: bool) -> ([&'static str; NodeType::MAX_FIELDS], usize) {
    let (mut names, mut count, mut i) = ([""; NodeType::MAX_FIELDS], 0, 0);
    while i < parts.len() {
        let one;
        let more: &[&'static str] = match &parts[i] {
            Part::One(name) => {
                one = [*name];
                &one
            }
            Part::All(names) => {
                assert!(
                    names.is_some() || !strict,
                    "`#[pytree(flatten)]` is for a field whose type is a struct with `#[derive(PyTree)]`, with named children and no static fields"
                );
                known(*names)
            }
        };
        let mut j = 0;
        while j < more.len() {
            assert!(count < NodeType::MAX_FIELDS, "a node has at most 128 fields: flatten fewer");
            let twice = among(&names, more[j]) > 0;
            assert!(!twice || !strict, "a flattened field brings a name that is there already: rename one");
            names[count] = more[j];
            count += 1;
            j += 1;
        }
        i += 1;
    }
    (names, count)
}

/// Whether each of `names` stands once among all parts.
pub const fn distinct(parts: &[Part], names: FieldNames) -> bool {
    let (names, mut i) = (known(names), 0);
    while i < names.len() {
        let (mut found, mut j) = (0, 0);
        while j < parts.len() {
            found += match &parts[j] {
                Part::One(name) => same(name, names[i]) as usize,
                Part::All(all) => among(known(*all), names[i]),
            };
            j += 1;
        }
        if found > 1 {
            return false;
        }
        i += 1;
    }
    true
}

const fn known(names: FieldNames) -> &'static [&'static str] {
    match names {
        Some(names) => names,
        None => &[],
    }
}

/// How often `name` is one of `names`.
const fn among(names: &[&str], name: &str) -> usize {
    let (mut found, mut i) = (0, 0);
    while i < names.len() {
        found += same(names[i], name) as usize;
        i += 1;
    }
    found
}

/// `a == b`
const fn same(a: &str, b: &str) -> bool {
    let (a, b, mut i) = (a.as_bytes(), b.as_bytes(), 0);
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

/// The first few arguments of the forward of `M`, by position: the first alone, or a tuple.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the first arguments of the forward of `{M}`",
    label = "not the first argument, and no tuple of the first few",
    note = "a call owns its arguments: give `T` where forward takes `&T`, and `Vec<T>` where it takes `&[T]`"
)]
pub trait Positional<M, Args> {
    /// The call with these slots filled.
    fn fill(self) -> Args;
}

/// The argument that a slot holds, of parameter `name`.
pub fn slot<'a, T>(slot: &'a Option<T>, name: &'static str) -> Result<&'a T, BindError> {
    slot.as_ref().ok_or_else(|| BindError::Missing(name.to_owned()))
}

/// A parameter behind `*args`.
pub const fn keyword_only(name: &'static str, has_default: bool) -> Parameter {
    Parameter { name: std::borrow::Cow::Borrowed(name), kind: ParameterKind::KeywordOnly, has_default }
}

/// A second tree of the same tensors: what forward takes by value or changes, while the call keeps its own.
pub fn share<F: ShareTensor, X: OwnedTree<F>>(argument: &X, name: &'static str) -> Result<X, BindError> {
    let shared = crate::flatten(argument).map_err(UnflattenError::from).and_then(|flat| {
        let leaves = flat.leaves.into_iter().map(|leaf| leaf.map::<F>(F::share));
        crate::unflatten(leaves, &flat.spec)
    });
    shared.map_err(|error| BindError::Argument { name: name.to_owned(), error: Box::new(error) })
}

/// Shows the arguments of a call by their structure; the tensors themselves may have no `Debug`.
pub fn debug_args<F: Family, A: PyTree<F>>(args: &A, name: &str, f: &mut Formatter<'_>) -> FmtResult {
    match crate::structure(args) {
        Ok(spec) => f.debug_tuple(name).field(&format_args!("{spec}")).finish(),
        Err(error) => f.debug_tuple(name).field(&error).finish(),
    }
}

/// How many bytes [`dotted`] gives.
pub const fn dotted_len(path: &str) -> usize {
    let (path, mut from, mut to) = (path.as_bytes(), 0, 0);
    while from < path.len() {
        from += if path[from] == b':' { 2 } else { 1 };
        to += 1;
    }
    to
}

/// A path of Rust as Python writes it: `::` becomes `.`.
pub const fn dotted<const N: usize>(path: &str) -> [u8; N] {
    let (path, mut from, mut to, mut text) = (path.as_bytes(), 0, 0, [b'.'; N]);
    while to < N && from < path.len() {
        if path[from] == b':' {
            from += 2;
        } else {
            text[to] = path[from];
            from += 1;
        }
        to += 1;
    }
    text
}

/// The text that [`dotted`] made.
pub const fn text(bytes: &'static [u8]) -> &'static str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // `dotted` only replaces ASCII, so this is never met.
        Err(_) => "",
    }
}

/// The serialized name of a type by default: `crate.module.Type`, where the macro stands.
#[doc(hidden)]
#[macro_export]
macro_rules! __python_name {
    ($name:literal) => {{
        const PATH: &str = $crate::__private::concat!($crate::__private::module_path!(), "::", $name);
        const BYTES: [u8; $crate::__private::dotted_len(PATH)] = $crate::__private::dotted(PATH);
        $crate::__private::text(&BYTES)
    }};
}
