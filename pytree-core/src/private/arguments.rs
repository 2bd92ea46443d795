//! The arguments of a call: given by position, kept in slots, and taken from them.

use crate::{BindError, Family, OwnedTree, Parameter, ParameterKind, PyTree, ShareTensor, UnflattenError};
use std::fmt::{Formatter, Result as FmtResult};

/// The first arguments of the forward of `M`, by position: one argument or a tuple.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not match the first parameters of the forward of `{M}`",
    label = "neither the first argument nor a tuple of the first arguments",
    note = "a call owns its arguments: pass `T` where forward takes `&T`, and `Vec<T>` where it takes `&[T]`"
)]
pub trait Positional<M: ?Sized, Args> {
    /// The call with these arguments in their slots.
    fn fill(self) -> Args;
}

/// The argument in the slot of parameter `name`.
pub fn slot<'a, T>(slot: &'a Option<T>, name: &'static str) -> Result<&'a T, BindError> {
    slot.as_ref().ok_or_else(|| BindError::Missing(name.to_owned()))
}

/// A parameter after `*args`.
pub const fn keyword_only(name: &'static str, has_default: bool) -> Parameter {
    Parameter { name: std::borrow::Cow::Borrowed(name), kind: ParameterKind::KeywordOnly, has_default }
}

/// A second tree of the same tensors, for a forward that takes it by value or changes it while the call keeps the
/// original.
pub fn share<F: ShareTensor, X: OwnedTree<F>>(argument: &X, name: &'static str) -> Result<X, BindError> {
    let shared = crate::flatten(argument).map_err(UnflattenError::from).and_then(|flat| {
        let leaves = flat.leaves.into_iter().map(|leaf| leaf.map::<F>(F::share));
        crate::unflatten(leaves, &flat.spec)
    });
    shared.map_err(|error| BindError::Argument { name: name.to_owned(), error: Box::new(error) })
}

/// Formats the arguments of a call as their structure. The tensors themselves may not implement `Debug`.
pub fn debug_args<F: Family, A: PyTree<F>>(args: &A, name: &str, f: &mut Formatter<'_>) -> FmtResult {
    match crate::structure(args) {
        Ok(spec) => f.debug_tuple(name).field(&format_args!("{spec}")).finish(),
        Err(error) => f.debug_tuple(name).field(&error).finish(),
    }
}
