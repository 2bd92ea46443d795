//! What the env refuses.

use crate::expr::ExprError;
use crate::range::ValueRange;

/// Why a symbol cannot be created or a guard cannot be answered.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvError {
    /// An example outside the range of its dim. The text begins with torch's.
    #[error(
        "{value} not in range [{}, {}], for {source_text}; give an example inside, or another `min` or `max`",
        range.lower,
        range.upper
    )]
    OutOfRange {
        /// The example size.
        value: i64,
        /// The declared range, cut at 2 below.
        range: Box<ValueRange>,
        /// Which size it is.
        source_text: String,
    },
    /// Two demands leave no value for a symbol.
    #[error("no value of {source_text} is left: {old} and {new} exclude each other; widen the range of its dim")]
    EmptyRange {
        /// Which size it is.
        source_text: String,
        /// Values so far.
        old: Box<ValueRange>,
        /// Values demanded.
        new: Box<ValueRange>,
    },
    /// A question about a value that only exists when the program runs.
    #[error(
        "Could not guard on data-dependent expression {expr}; state what holds with a check, or keep the value out of shapes"
    )]
    DataDependent {
        /// The question.
        expr: String,
    },
    /// Arithmetic failed.
    #[error(transparent)]
    Expr(#[from] ExprError),
}
