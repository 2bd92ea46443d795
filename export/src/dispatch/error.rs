//! Errors of the dispatcher.

use super::ffi::ShimError;
use super::wire::WireError;
use program::OpName;

/// An op could not be found, called or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DispatchError {
    /// libtorch has no such op.
    #[error(
        "libtorch {} has no op `{op}`: unknown operator {}; check the overload, or load the library that registers it",
        super::ffi::version(),
        dispatcher_name(op)
    )]
    NoSuchOp {
        /// The op.
        op: OpName,
    },
    /// The schema does not allow an argument.
    #[error("`{op}`: argument `{argument}` must be {expected}, not {given}")]
    BadArgument {
        /// The op.
        op: OpName,
        /// The schema's name of the argument, or its position if the schema has no such argument.
        argument: String,
        /// The schema's type.
        expected: String,
        /// The kind of value that was given.
        given: String,
    },
    /// An argument or result that a program cannot hold: a generator, a quantizer, a custom object.
    #[error("`{op}`: `{place}` holds {what}, which an exported program cannot hold")]
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
        /// The first line of PyTorch's message.
        message: String,
    },
    /// libtorch raised an error outside an op call, such as while copying a tensor or reading a storage.
    #[error("libtorch: {message}")]
    Tensor {
        /// The first line of PyTorch's message.
        message: String,
    },
}

impl DispatchError {
    /// The error of a shim function that does not call an op.
    pub(crate) fn tensor(error: ShimError) -> Self {
        let message = match error {
            ShimError::Torch(message) => first_line(&message),
            ShimError::NoSuchOp => "no such op".to_owned(),
            ShimError::BadArgument { expected, .. } => expected,
        };
        Self::Tensor { message }
    }

    /// The error of bytes that do not hold a value.
    pub(crate) fn wire(op: &OpName, place: &str, error: &WireError) -> Self {
        Self::Foreign { op: op.clone(), place: place.to_owned(), what: error.to_string() }
    }
}

/// The name in C++: `zoo::twice`.
fn dispatcher_name(op: &OpName) -> String {
    format!("{}::{}", op.namespace(), op.name())
}

/// PyTorch's messages continue with hints and a C++ stack; the first line says what is wrong.
pub(crate) fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}
