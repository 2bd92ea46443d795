//! A forward that returns a `Result`: its type of output, and its errors as [`ForwardError`]s.

use crate::ForwardError;
use std::error::Error;
use std::fmt::Display;

/// A `Result` by whatever name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is named `Result`, but is not `std::result::Result`",
    label = "`#[module]` takes a type of this name for a result that may be an error",
    note = "give the type another name, or import it under one"
)]
pub trait Fallible {
    /// What a forward without an error gives.
    type Output;
    /// Its error.
    type Error;

    /// The same as the standard type.
    fn into_result(self) -> Result<Self::Output, Self::Error>;
}

impl<T, E> Fallible for Result<T, E> {
    type Output = T;
    type Error = E;

    fn into_result(self) -> Self {
        self
    }
}

/// How an error is kept. `(&error).kind()` is [`AsBox`] if the error can be boxed as it is, with its type and its source.
/// The compiler finds [`ByText`] only if that fails, since it needs one more reference: `Box<dyn Error>`, texts of your own.
#[derive(Clone, Copy, Debug)]
pub struct AsBox;
/// Only the text of the error is kept.
#[derive(Clone, Copy, Debug)]
pub struct ByText;

/// An error that can be boxed.
pub trait BoxedKind {
    /// How it is kept.
    fn kind(&self) -> AsBox;
}

/// An error that can be shown.
pub trait ShownKind {
    /// How it is kept.
    fn kind(&self) -> ByText;
}

impl<E: Into<Box<dyn Error + Send + Sync>>> BoxedKind for E {
    fn kind(&self) -> AsBox {
        AsBox
    }
}

impl<E: Display> ShownKind for &E {
    fn kind(&self) -> ByText {
        ByText
    }
}

impl AsBox {
    /// The error of the call.
    pub fn error(self, error: impl Into<Box<dyn Error + Send + Sync>>) -> ForwardError {
        ForwardError::Failed(error.into())
    }
}

impl ByText {
    /// The error of the call.
    pub fn error(self, error: impl Display) -> ForwardError {
        // The alternate form has the sources, where there is one.
        ForwardError::Failed(format!("{error:#}").into())
    }
}
