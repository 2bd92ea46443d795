//! What can go wrong at the dispatcher.

use super::kinds::DType;
use super::known::Role;
use super::op_name::OpName;
use super::wire::WireError;
use crate::ffi::ShimError;

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

/// Why a forward could not be recorded.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// A recording is under way on this thread.
    #[error("a recording is already under way on this thread; a forward must not export another model")]
    Nested,
    /// The forward panicked, as tch does when an op fails.
    #[error("the forward panicked{}: {}", at(op.as_ref()), op_message.as_ref().unwrap_or(message))]
    Panicked {
        /// The panic's message.
        message: String,
        /// Source file, line and column of the panic.
        location: Option<String>,
        /// The op that failed last, when no other succeeded after it.
        op: Option<OpName>,
        /// The first line of that op's error.
        op_message: Option<String>,
    },
    /// A tensor from outside, not silently made a constant.
    #[error("{place} is a {dtype} tensor of sizes {sizes:?} that the program does not know: {reason}")]
    UnknownTensor {
        /// The op and argument, or what else holds it.
        place: Place,
        /// Its sizes.
        sizes: Vec<i64>,
        /// Its element type.
        dtype: DType,
        /// What can be told about it, with the cure.
        reason: UnknownReason,
    },
    /// A declared tensor that is undefined.
    #[error("{role} is an undefined tensor")]
    Undefined {
        /// Its role.
        role: Role,
    },
    /// An op that could not be read.
    #[error(transparent)]
    Dispatch(#[from] DispatchError),
}

/// Where a tensor was met.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Place {
    /// An argument of a recorded op.
    Argument {
        /// The op.
        op: OpName,
        /// The schema's name of the argument.
        argument: String,
    },
    /// What [`Trace::value_of`](super::Trace::value_of) was asked for.
    Result,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Argument { op, argument } => write!(f, "argument `{argument}` of `{op}`"),
            Place::Result => f.write_str("a result"),
        }
    }
}

/// What can be told about a tensor that the program does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownReason {
    /// It tracks gradients and no op made it.
    #[error(
        "it requires grad, so it is a parameter held by the model but not declared; declare the model's store (`Export::new(..).parameters(&store)`) or \
             this tensor (`.parameter(name, &tensor)`)"
    )]
    UndeclaredParameter,
    /// It lies on the memory of a known tensor, but is not the same elements, and no recorded op made it.
    #[error(
        "it shares its memory with a known tensor but views it otherwise, and no recorded op made the view; \
         make the view inside the forward, or declare the tensor itself"
    )]
    UnrecordedView,
    /// A known tensor whose data was exchanged behind the dispatcher's back.
    #[error("its data was replaced (`set_data`) after the op that made it; use the new tensor itself, or `copy_`")]
    DataReplaced,
    /// Nothing is known.
    #[error(
        "no recorded op made it: it is held by the model or the closure, was made on another thread, or lies on \
         foreign memory (`from_blob`); declare it as a buffer or constant, pass it as an input, or make it in the \
         forward, on its thread"
    )]
    Foreign,
}

/// torch's messages go on with hints and a C++ stack; the first line says what is wrong.
pub(crate) fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

fn at(op: Option<&OpName>) -> String {
    op.map(|op| format!(" in `{op}`")).unwrap_or_default()
}
