//! Errors of a recording.

use crate::build::is_users_place;
use crate::dispatch::DispatchError;
use crate::record::Role;
use program::OpName;
use pytree_core::DType;

/// A forward could not be recorded.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Another recording is active on this thread.
    #[error("another recording is active on this thread; a forward must not export another model")]
    Nested,
    /// The forward panicked, as tch does when an op fails.
    #[error(
        "the forward panicked{}{}: {}",
        at(op.as_ref()),
        place(location.as_deref()),
        op_message.as_ref().unwrap_or(message)
    )]
    Panicked {
        /// The panic's message.
        message: String,
        /// The line of the model that called the op, if it is known, or else source file, line and column of the panic.
        location: Option<String>,
        /// The op that failed last, if no op succeeded after it.
        op: Option<OpName>,
        /// The first line of that op's error.
        op_message: Option<String>,
    },
    /// The forward uses a tensor that the program does not know. It is never turned into a constant silently.
    #[error("{place} is a {dtype} tensor of sizes {sizes:?} that the program does not know: {reason}")]
    UnknownTensor {
        /// The op and its argument, or another place.
        place: UseSite,
        /// Its sizes.
        sizes: Vec<i64>,
        /// Its element type.
        dtype: DType,
        /// Why it is not known, and what to do.
        reason: UnknownReason,
    },
    /// A declared tensor is undefined.
    #[error("{role} is an undefined tensor")]
    Undefined {
        /// Its role.
        role: Role,
    },
    /// An op could not be read.
    #[error(transparent)]
    Dispatch(#[from] DispatchError),
}

/// Where the forward uses a tensor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UseSite {
    /// An argument of a recorded op.
    Argument {
        /// The op.
        op: OpName,
        /// The schema's name of the argument.
        argument: String,
    },
    /// The tensor that was passed to [`Trace::value_of`](super::Trace::value_of).
    Result,
}

impl std::fmt::Display for UseSite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            UseSite::Argument { op, argument } => write!(f, "argument `{argument}` of `{op}`"),
            UseSite::Result => f.write_str("a result"),
        }
    }
}

/// Why the program does not know a tensor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownReason {
    /// It tracks gradients and no op made it.
    #[error(
        "it requires grad, so it is a parameter of the model that was not declared; declare the model's store \
         (`Export::new(..).parameters(&store)`) or this tensor (`.parameter(name, &tensor)`)"
    )]
    UndeclaredParameter,
    /// It shares memory with a known tensor, but has other elements, and no recorded op made it.
    #[error(
        "it is a view of a known tensor, and no recorded op made the view; \
         make the view inside the forward, or declare the tensor itself"
    )]
    UnrecordedView,
    /// A known tensor whose data was replaced without an op.
    #[error("its data was replaced (`set_data`) after the op that made it; use the new tensor itself, or `copy_`")]
    DataReplaced,
    /// Nothing is known about it.
    #[error(
        "no recorded op made it: the model or the closure holds it, another thread made it, or its memory is foreign \
         (`from_blob`); declare it as a buffer or constant, pass it as an input, or make it in the forward, on the \
         same thread"
    )]
    Foreign,
}

/// A place in the user's code; the inside of tch says nothing.
fn place(location: Option<&str>) -> String {
    location.filter(|place| is_users_place(place)).map(|place| format!(" ({place})")).unwrap_or_default()
}

fn at(op: Option<&OpName>) -> String {
    op.map(|op| format!(" in `{op}`")).unwrap_or_default()
}
