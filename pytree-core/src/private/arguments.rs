//! The arguments of a call: given by position, kept in slots, taken from them.

use crate::{BindError, Family, OwnedTree, Parameter, ParameterKind, PyTree, ShareTensor, UnflattenError};
use std::fmt::{Formatter, Result as FmtResult};

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
