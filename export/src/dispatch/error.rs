//! What can go wrong at the dispatcher.

use super::ffi::ShimError;
use super::wire::WireError;
use program::OpName;

/// A schema that is not there, or a call that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DispatchError {
    /// libtorch has no such op.
    #[error("libtorch has no op `{op}`; check the overload, or load the library that registers it")]
    NoSuchOp {
        /// The op.
        op: OpName,
    },
    /// An argument that the schema does not allow.
    #[error("`{op}`: argument `{argument}` must be {expected}, not {given}")]
    BadArgument {
        /// The op.
        op: OpName,
        /// The schema's name of the argument, or its place when the schema has none there.
        argument: String,
        /// The schema's type.
        expected: String,
        /// What was given.
        given: String,
    },
    /// An argument or result with no form in a program: a generator, a quantizer, a custom object.
    #[error("`{op}`: `{place}` holds {what}, which no exported program can carry")]
    Foreign {
        /// The op.
        op: OpName,
        /// The schema's name of the argument, or `result`.
        place: String,
        /// What it is.
        what: String,
    },
    /// libtorch raised an error.
    #[error("`{op}`: {message}")]
    Torch {
        /// The op.
        op: OpName,
        /// The first line of torch's message.
        message: String,
    },
    /// libtorch refused what is no op call: a copy, a look at a storage.
    #[error("libtorch: {message}")]
    Tensor {
        /// The first line of torch's message.
        message: String,
    },
}

impl DispatchError {
    /// The error of a shim function that is no op call.
    pub(crate) fn tensor(error: ShimError) -> Self {
        let message = match error {
            ShimError::Torch(message) => first_line(&message),
            ShimError::NoSuchOp => "no such op".to_owned(),
            ShimError::BadArgument { expected, .. } => expected,
        };
        Self::Tensor { message }
    }

    /// The error of bytes that hold no value.
    pub(crate) fn wire(op: &OpName, place: &str, error: &WireError) -> Self {
        Self::Foreign { op: op.clone(), place: place.to_owned(), what: error.to_string() }
    }
}

/// torch's messages go on with hints and a C++ stack; the first line says what is wrong.
pub(crate) fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}
