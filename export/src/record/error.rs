//! Why a run cannot be recorded.

use crate::dispatch::DispatchError;
use crate::record::Role;
use program::OpName;
use pytree_core::DType;

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
        place: UseSite,
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
pub enum UseSite {
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

impl std::fmt::Display for UseSite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            UseSite::Argument { op, argument } => write!(f, "argument `{argument}` of `{op}`"),
            UseSite::Result => f.write_str("a result"),
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

fn at(op: Option<&OpName>) -> String {
    op.map(|op| format!(" in `{op}`")).unwrap_or_default()
}
