//! Why an export can fail.

use crate::dispatch::{DispatchError, first_line};
use crate::record::RecordError;
use crate::run::CallError;
use program::{OpName, OpNameError};
use pytree_core::{BindError, TreeError, UnflattenError};
use shapes::rules::RuleError;
use shapes::{ConstraintError, MatchError};
use symbolic::{EnvError, ExprError};

/// A model could not be exported. Every variant says where, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// An argument is missing or given twice.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The dynamic shapes do not have the structure of the inputs.
    #[error(transparent)]
    Match(#[from] MatchError),
    /// The dynamic shapes do not fit the inputs, or the model breaks what they declare: torch's errors with suggested
    /// fixes.
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
        /// The input sizes of the run, when they are not the example's.
        sizes: String,
        /// Why.
        source: Box<RecordError>,
    },
    /// The forward does something else at other sizes.
    #[error(
        "the forward branches on a size: with {first_sizes} call {at} is `{first}`, with {second_sizes} it is \
         `{second}`. A program has one path: make the branch part of the model's configuration, or export each path \
         with its own inputs"
    )]
    Branch {
        /// Which call.
        at: usize,
        /// The op there with the first sizes.
        first: String,
        /// The op there with the second sizes.
        second: String,
        /// The first sizes.
        first_sizes: String,
        /// The second sizes.
        second_sizes: String,
    },
    /// A number in the program that is no size differs from run to run.
    #[error(
        "{place} is {first} with {first_sizes} and {second} with {second_sizes}, and a program has one value there. Only \
         integers follow sizes: compute any other number with tensors. An argument that differs from call to call belongs \
         in a tensor, or in an export of its own"
    )]
    Varies {
        /// The op and argument, or the output.
        place: String,
        /// What it was.
        first: String,
        /// What it became.
        second: String,
        /// The sizes of the first run.
        first_sizes: String,
        /// The sizes of the other run.
        second_sizes: String,
    },
    /// A value that the forward read from a tensor has become a constant, or has chosen the path.
    #[error(
        "{place} depends on the values of the inputs: {first} with the example, {second} with other values of the same \
         sizes. A number read from a tensor (`double_value`, `item`, `==`, a copy) leaves the graph: compute with \
         tensors instead"
    )]
    DataDependence {
        /// The op and argument.
        place: String,
        /// What it was.
        first: String,
        /// What it became.
        second: String,
    },
    /// Two runs on the same inputs differ.
    #[error(
        "the forward is impure: {place} is {first} in one run and {second} in the next on the same inputs. Take random \
         numbers, clocks and counters out of it, or pass them as inputs"
    )]
    Impure {
        /// The op and argument.
        place: String,
        /// What it was.
        first: String,
        /// What it became.
        second: String,
    },
    /// The forward writes to a parameter.
    #[error(
        "the forward writes to parameter `{name}` (`{op}`), and a program cannot carry that over to the next call; declare \
         it as a buffer (`.buffer(\"{name}\", ..)`), or compute a new tensor"
    )]
    WrittenParameter {
        /// The parameter.
        name: String,
        /// The op that writes.
        op: OpName,
    },
    /// An integer or a size follows no rule that the export knows.
    #[error("cannot tell how {what} follows from the sizes of the inputs{}", seen_values(seen))]
    Unsolved {
        /// What it is.
        what: String,
        /// What was seen.
        seen: String,
    },
    /// The rule of an op does not accept these shapes.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// How many elements an op gives depends on the values of its arguments.
    #[error(
        "how many elements `{op}` gives depends on values, and a program has no symbol for that here; use an op that keeps \
         the size, such as `where` or `masked_fill`, or compute the numbers outside and give them as an input"
    )]
    DataDependentSize {
        /// The op.
        op: OpName,
    },
    /// A rule and the run disagree: the program would be wrong, so there is none.
    #[error(
        "`{op}` gives sizes {observed:?}, but its shape rule says {predicted}: this is a mistake of this library, please \
         report the model"
    )]
    RuleMismatch {
        /// The op.
        op: OpName,
        /// What the rule says.
        predicted: String,
        /// What the run gave.
        observed: Vec<i64>,
    },
    /// The model fails at sizes that the dynamic shapes allow.
    #[error(
        "the model fails with {dims}: {sizes}: {source}. Make the dimension static, or narrow its range with `min` and `max`"
    )]
    Probe {
        /// What moved.
        dims: String,
        /// The sizes that were tried.
        sizes: String,
        /// What the model said.
        source: Box<RecordError>,
    },
    /// There is not one set of inputs.
    #[error("there are no inputs to export with; give `ModelInputs` one set or more")]
    NoInputs,
    /// A probe's inputs could not be made.
    #[error("cannot make inputs of other sizes: {}", first_line(&.0.to_string()))]
    Inputs(#[source] tch::TchError),
    /// An op uses a tensor that is not a value of the recording.
    #[error("`{op}` uses a tensor that no recorded run knows")]
    UnknownTensor {
        /// The op.
        op: OpName,
    },
    /// The name of an op could not be made.
    #[error(transparent)]
    OpName(#[from] OpNameError),
    /// The program does not compute what the model computes.
    #[error(
        "the program differs from the model at {sizes}: output {output} differs by {difference:e}. This is a mistake of \
         this library, please report the model"
    )]
    Differs {
        /// The sizes.
        sizes: String,
        /// Which output.
        output: usize,
        /// By how much.
        difference: f64,
    },
    /// The program could not be run for its check.
    #[error("the program cannot be checked at {sizes}: {source}")]
    Verify {
        /// The sizes.
        sizes: String,
        /// Why.
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
