//! Errors of an export.

use crate::dispatch::{DispatchError, first_line};
use crate::record::RecordError;
use crate::run::CallError;
use program::{OpName, OpNameError};
use pytree_core::{BindError, TreeError, UnflattenError};
use shapes::rules::RuleError;
use shapes::{ConstraintError, MatchError};
use symbolic::{EnvError, ExprError};

/// A model could not be exported. Every message names the place and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// An argument is missing or given twice.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The dynamic shapes do not have the structure of the inputs.
    #[error(transparent)]
    Match(#[from] MatchError),
    /// The dynamic shapes do not fit the inputs, or the model violates them: PyTorch's errors with suggested fixes.
    #[error(transparent)]
    Constraint(#[from] ConstraintError),
    /// A tree could not be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A tree could not be rebuilt.
    #[error(transparent)]
    Unflatten(#[from] UnflattenError),
    /// The forward could not be recorded.
    #[error("{source}{}", at_sizes(sizes))]
    Capture {
        /// The input sizes of the run, if they are not those of the example.
        sizes: String,
        /// The error of the recording.
        source: Box<RecordError>,
    },
    /// The forward calls other ops at other sizes.
    #[error(
        "the forward branches on a size: with {first_sizes} call {at} is `{first}`, with {second_sizes} it is \
         `{second}`. A program has one path: make the branch part of the model's configuration, or export each path \
         with its own inputs"
    )]
    Branch {
        /// The index of the first call that differs.
        at: usize,
        /// The op of this call with the first sizes.
        first: String,
        /// The op of this call with the second sizes.
        second: String,
        /// The first sizes.
        first_sizes: String,
        /// The second sizes.
        second_sizes: String,
    },
    /// A value in the program that does not follow sizes differs between runs.
    #[error(
        "{place} is {first} with {first_sizes} and {second} with {second_sizes}, and a program has one value there. Only \
         integers follow sizes: compute any other number with tensors. An argument that differs from call to call belongs \
         in a tensor, or in an export of its own"
    )]
    Varies {
        /// The op and the argument, or the output.
        place: String,
        /// Its value in the first run.
        first: String,
        /// Its value in the other run.
        second: String,
        /// The sizes of the first run.
        first_sizes: String,
        /// The sizes of the other run.
        second_sizes: String,
    },
    /// A value that the forward read from a tensor became a constant, or determined the path.
    #[error(
        "{place} depends on the values of the inputs: {first} with the example, {second} with other values of the same \
         sizes. A number read from a tensor (`double_value`, `item`, `==`, a copy) leaves the graph: compute with \
         tensors instead"
    )]
    DataDependence {
        /// The op and the argument.
        place: String,
        /// Its value in the first run.
        first: String,
        /// Its value in the other run.
        second: String,
    },
    /// Two runs on the same inputs differ.
    #[error(
        "the forward is impure: {place} is {first} in one run and {second} in the next on the same inputs. Take random \
         numbers, clocks and counters out of it, or pass them as inputs"
    )]
    Impure {
        /// The op and the argument.
        place: String,
        /// Its value in the first run.
        first: String,
        /// Its value in the other run.
        second: String,
    },
    /// The forward writes to a parameter.
    #[error(
        "the forward writes to parameter `{name}` (`{op}`), and a program cannot keep the new value for the next call; \
         declare it as a buffer (`.buffer(\"{name}\", ..)`), or compute a new tensor"
    )]
    WrittenParameter {
        /// The parameter.
        name: String,
        /// The op that writes.
        op: OpName,
    },
    /// No expression was found for an integer or a size.
    #[error("cannot find out how {what} follows from the sizes of the inputs{}", seen_values(seen))]
    Unsolved {
        /// The integer or size.
        what: String,
        /// Its values in the runs.
        seen: String,
    },
    /// The rule of an op does not accept these shapes.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// The number of elements of a result depends on the values of the arguments.
    #[error(
        "the number of elements that `{op}` returns depends on values, which is not supported; use an op that keeps the \
         size, such as `where` or `masked_fill`, or compute the result outside and pass it as an input"
    )]
    DataDependentSize {
        /// The op.
        op: OpName,
    },
    /// A shape rule and a run disagree, so the program would be wrong.
    #[error(
        "`{op}` returns sizes {observed:?}, but its shape rule says {predicted}: this is a mistake of this library, please \
         report the model"
    )]
    RuleMismatch {
        /// The op.
        op: OpName,
        /// The sizes that the rule gives.
        predicted: String,
        /// The sizes in the run.
        observed: Vec<i64>,
    },
    /// The model fails at sizes that the dynamic shapes allow.
    #[error(
        "the model fails with {dims}: {sizes}: {source}. Make the dimension static, or narrow its range with `min` and `max`"
    )]
    Probe {
        /// The dimensions that were changed.
        dims: String,
        /// The sizes of the inputs.
        sizes: String,
        /// The error of the model.
        source: Box<RecordError>,
    },
    /// There are no inputs.
    #[error("there are no inputs to export with; give `ModelInputs` one set or more")]
    NoInputs,
    /// Inputs of other sizes, or a comparison of outputs, could not be computed.
    #[error("cannot make inputs of other sizes: {}", first_line(&.0.to_string()))]
    Inputs(#[source] tch::TchError),
    /// An op uses a tensor that is not a value of the recording.
    #[error(
        "`{op}` uses a tensor that is not a value of the recording: this is a mistake of this library, please report the model"
    )]
    UnknownTensor {
        /// The op.
        op: OpName,
    },
    /// The name of an op is not valid.
    #[error(transparent)]
    OpName(#[from] OpNameError),
    /// The outputs of the program differ from those of the model.
    #[error(
        "the program differs from the model at {sizes}: {what} is {difference}. This is a mistake of this library, please \
         report the model"
    )]
    Differs {
        /// The sizes of the inputs.
        sizes: String,
        /// The value that differs: `output 0`, `buffer `b` after the call`.
        what: String,
        /// How it differs.
        difference: String,
    },
    /// The program could not be run for the comparison with the model.
    #[error("the program cannot be checked at {sizes}: {source}")]
    Verify {
        /// The sizes of the inputs.
        sizes: String,
        /// The error of the run.
        source: Box<CallError>,
    },
    /// An op could not be read or called.
    #[error(transparent)]
    Dispatch(#[from] DispatchError),
    /// A size could not be computed.
    #[error(transparent)]
    Expr(#[from] ExprError),
    /// The symbols contradict each other.
    #[error(transparent)]
    Env(#[from] EnvError),
}

fn at_sizes(sizes: &str) -> String {
    if sizes.is_empty() { String::new() } else { format!(" (with {sizes})") }
}

fn seen_values(seen: &str) -> String {
    if seen.is_empty() { String::new() } else { format!(": {seen}") }
}
