//! What a rule refuses.

use symbolic::EnvError;

/// Why an operator's output sizes cannot be computed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// A required argument is absent.
    #[error("{op}: argument `{name}` is missing; pass it under its schema name")]
    Missing {
        /// The operator.
        op: &'static str,
        /// The argument.
        name: &'static str,
    },
    /// An argument of another kind.
    #[error("{op}: argument `{name}` should be {expected}")]
    Kind {
        /// The operator.
        op: &'static str,
        /// The argument.
        name: &'static str,
        /// What the schema says.
        expected: &'static str,
    },
    /// A dimension index outside the rank.
    #[error("{op}: dimension {dim} does not exist in a tensor of {rank} dimensions; use -{rank} to {rank} exclusive")]
    Dim {
        /// The operator.
        op: &'static str,
        /// The index.
        dim: i64,
        /// The tensor's rank.
        rank: usize,
    },
    /// Sizes that do not work together.
    #[error("{op}: {message}")]
    Mismatch {
        /// The operator.
        op: &'static str,
        /// Which sizes, and what they should be.
        message: String,
    },
    /// Sizes that depend on the values of a tensor.
    #[error("{op}: {what} has a size that depends on data; {cure}")]
    DataDependent {
        /// The operator.
        op: &'static str,
        /// What has no size of its own.
        what: String,
        /// What to write instead.
        cure: &'static str,
    },
    /// The env refused a question or an operation.
    #[error("{op}: {source}")]
    Env {
        /// The operator.
        op: &'static str,
        /// Why.
        source: EnvError,
    },
}
