//! Errors of an export.

use crate::dispatch::{DispatchError, first_line};
use crate::record::RecordError;
use crate::run::CallError;
use program::{OpName, OpNameError, Unproven};
use pytree_core::{BindError, ForwardError, TreeError, UnflattenError};
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
    /// The forward returned an error.
    #[error("the forward returned an error: {0}")]
    Model(#[source] Box<dyn std::error::Error + Send + Sync>),
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
    /// The forward calls other ops at other sizes, and no condition on the sizes was found that separates the two.
    #[error(
        "the forward takes another path at other sizes{}: with {first_sizes} call {at} is `{first}`, with {second_sizes} it \
         is `{second}`. No condition on the sizes was found that separates the two: make the dimension static, narrow its \
         range with `min` and `max`, or export each path with its own inputs",
        on(line)
    )]
    Branch {
        /// The index of the first call that differs.
        at: usize,
        /// The op of this call with the first sizes.
        first: Box<str>,
        /// The op of this call with the second sizes.
        second: Box<str>,
        /// The first sizes.
        first_sizes: String,
        /// The second sizes.
        second_sizes: String,
        /// The Rust line of the call with the first sizes.
        line: Option<Box<str>>,
    },
    /// A call has other arguments or results at other sizes, and no condition on the sizes was found.
    #[error(
        "{place} is another one at other sizes{}: compare {first_sizes} with {second_sizes}. No condition on the sizes was \
         found that separates the two: make the dimension static, narrow its range with `min` and `max`, or export each \
         path with its own inputs",
        on(line)
    )]
    Path {
        /// The op and what differs.
        place: String,
        /// The first sizes.
        first_sizes: String,
        /// The second sizes.
        second_sizes: String,
        /// The Rust line of the call.
        line: Option<String>,
    },
    /// An op fails at sizes that the dynamic shapes allow, and no condition on the sizes was found.
    #[error(
        "`{op}` fails at sizes that the dynamic shapes allow{}: with {sizes}: {message}. Make the dimension static, or \
         narrow its range with `min` and `max`",
        on(line)
    )]
    Fails {
        /// The op.
        op: OpName,
        /// The first line of PyTorch's message.
        message: String,
        /// The sizes.
        sizes: String,
        /// The Rust line of the call.
        line: Option<String>,
    },
    /// The forward panics at sizes that the dynamic shapes allow, and no condition on the sizes was found.
    #[error(
        "the forward panics at sizes that the dynamic shapes allow{}: with {sizes}: {message}. Make the dimension static, \
         or narrow its range with `min` and `max`",
        on(line)
    )]
    Panics {
        /// The message of the panic.
        message: String,
        /// The sizes.
        sizes: String,
        /// The Rust line of the panic.
        line: Option<String>,
    },
    /// The forward reads values of a tensor, which depend on the inputs.
    #[error(
        "the forward reads values of a tensor that depends on the inputs{}{}: a value that leaves the graph would become a \
         constant. Compute with tensors instead (`where_self`, `masked_fill`, `index_select`); a single number can be read \
         with `int64_value` or `double_value` where the graph uses it. Leave out what is only logged while `is_exporting()`, or \
         name its function with `Export::harmless_reads`",
        by(op),
        on(line)
    )]
    ReadsData {
        /// The op that reads; `None` if the forward copies the values itself.
        op: Option<OpName>,
        /// The Rust line of the read, or of the op after it.
        line: Option<String>,
    },
    /// What the forward does depends on a number that it read from a tensor, as a branch does.
    #[error(
        "the forward depends on a number that comes out of a tensor{}{}: {change}. PyTorch cannot export that either (`Could \
         not guard on data-dependent expression`): compute both results and select with `where_self`, export each path on \
         its own, or pass the number as an input",
        by(op),
        on(line)
    )]
    DataDependent {
        /// The op that the number comes out of.
        op: Option<OpName>,
        /// What depends on it.
        change: String,
        /// The Rust line of the op.
        line: Option<String>,
    },
    /// An op cannot be run without data, so its results at other sizes are not known.
    #[error(
        "`{op}` cannot be exported{}: {reason}. Compute its result outside of the forward and pass it as an input",
        on(line)
    )]
    NoFakeRun {
        /// The op.
        op: OpName,
        /// The reason.
        reason: String,
        /// The Rust line of the call.
        line: Option<String>,
    },
    /// The content of a constant follows sizes.
    #[error(
        "a constant made from Rust values that {op} uses has other values with {second_sizes} than with {first_sizes}{}: \
         only a single number follows sizes. Make the tensor with ops (`arange`, `full`, `linspace`) instead",
        on(line)
    )]
    ConstantVaries {
        /// The op that uses it first.
        op: String,
        /// The first sizes.
        first_sizes: String,
        /// The second sizes.
        second_sizes: String,
        /// The Rust line of the op.
        line: Option<String>,
    },
    /// A tensor that no recorded op made is another one in the next run.
    #[error(
        "`{op}` uses a tensor that no recorded op made and that is another one in the next run{}: another thread made it, \
         or its memory is foreign (`from_blob`). Make it in the forward, on the same thread, or let the model hold it",
        on(line)
    )]
    OtherTensor {
        /// The op.
        op: OpName,
        /// The Rust line of the call.
        line: Option<String>,
    },
    /// An input is sparse or quantized, and the runs without data need a plain tensor.
    #[error("the input `{input}` {what}, which cannot be exported; {cure} before the call")]
    InputForm {
        /// The name of the input in the program: `x`, `cache_keys_0`.
        input: String,
        /// Its layout or element type.
        what: String,
        /// What to do about it.
        cure: &'static str,
    },
    /// Inputs of these sizes could not be made.
    #[error("cannot make inputs with {sizes}: {message}")]
    InputsOfSizes {
        /// The sizes.
        sizes: String,
        /// The reason.
        message: String,
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
    /// Two runs on the same inputs differ.
    #[error(
        "the forward is impure: {place} is {first} in one run and {second} in the next on the same inputs{}. Take random \
         numbers, clocks and counters out of it, or pass them as inputs",
        on(line)
    )]
    Impure {
        /// The op and the argument.
        place: String,
        /// Its value in the first run.
        first: String,
        /// Its value in the other run.
        second: String,
        /// The Rust line, if it is known.
        line: Option<String>,
    },
    /// Two tensors of the model have one name.
    #[error(
        "two tensors of the model are declared as `{name}`; give each parameter, buffer and constant a name of its own"
    )]
    DeclaredTwice {
        /// The name.
        name: String,
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
    /// The forward writes to a tensor that the model holds and that was not declared.
    #[error(
        "the forward writes to a tensor of sizes {sizes:?} that the model holds and that was not declared, so a program could \
         not keep the new value for the next call; declare it as a buffer (`.buffer(name, &tensor)`)"
    )]
    WrittenTensor {
        /// Its sizes.
        sizes: Vec<i64>,
    },
    /// No expression was found for an integer or a size.
    #[error(
        "cannot find out how {what} follows from the sizes of the inputs{}. Compute it with ops of tensors, make the dimension \
         static, narrow its range with `min` and `max`, or pass the number as an input",
        seen_values(seen)
    )]
    Unsolved {
        /// The integer or size.
        what: String,
        /// Its values in the runs.
        seen: String,
    },
    /// The rule of an op does not accept these shapes.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// There are no inputs.
    #[error("there are no inputs to export with; give `ModelInputs` one set or more")]
    NoInputs,
    /// Inputs of other sizes, or a comparison of outputs, could not be computed.
    #[error("cannot make inputs of other sizes: {}", first_line(&.0.to_string()))]
    Inputs(#[source] tch::TchError),
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
        /// The value that differs: `output 0`, or a buffer or an input after the call.
        what: String,
        /// How it differs.
        difference: String,
    },
    /// The comparison of program and model does not prove all of the program, and a proof was required.
    #[error("the export is not proven: {}; give an example whose values and sizes say more", reasons(unproven))]
    Unproven {
        /// What it does not prove.
        unproven: Vec<Unproven>,
    },
    /// The program could not be run for the comparison with the model.
    #[error("the program cannot be checked at {sizes}: {source}{}", refused_set(source))]
    Verify {
        /// The sizes of the inputs.
        sizes: String,
        /// The error of the run.
        source: Box<CallError>,
    },
    /// Code that the export calls besides the forward panicked: a `PyTree` of the inputs or outputs, or the callback of
    /// [`Export::on_progress`](crate::Export::on_progress).
    #[error("code that the export called panicked{}: {message}", on(location))]
    Panicked {
        /// The message of the panic.
        message: String,
        /// Source file, line and column.
        location: Option<String>,
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

fn on<T: std::fmt::Display>(line: &Option<T>) -> String {
    line.as_ref().map(|line| format!(" ({line})")).unwrap_or_default()
}

fn by(op: &Option<OpName>) -> String {
    op.as_ref().map(|op| format!(" with `{op}`")).unwrap_or_default()
}

fn reasons(unproven: &[Unproven]) -> String {
    unproven.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn at_sizes(sizes: &str) -> String {
    if sizes.is_empty() { String::new() } else { format!(" (with {sizes})") }
}

/// The cure for a given set that the program refuses.
fn refused_set(source: &CallError) -> &'static str {
    match source {
        CallError::Inputs(_) => {
            ". A program has the path, the structure and the plain values of its first set: export this set on its own, or \
             pass what differs as a tensor"
        }
        _ => "",
    }
}

fn seen_values(seen: &str) -> String {
    if seen.is_empty() { String::new() } else { format!(": {seen}") }
}

impl From<ForwardError> for ExportError {
    fn from(error: ForwardError) -> Self {
        match error {
            ForwardError::Bind(error) => ExportError::Bind(error),
            ForwardError::Failed(error) => ExportError::Model(error),
            error => ExportError::Model(error.into()),
        }
    }
}
