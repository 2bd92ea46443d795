//! Errors of running a program.

use super::InputMismatch;
use crate::dispatch::DispatchError;
use program::Node;
use pytree_core::{TreeError, UnflattenError};

/// A program could not be run on these inputs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The inputs do not fit the program.
    #[error(transparent)]
    Inputs(#[from] InputMismatch),
    /// The inputs could not be read as a tree.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The result does not fit the requested type.
    #[error("the program does not return the requested type: {0}")]
    Output(#[from] UnflattenError),
    /// An op failed.
    #[error("node `{node}`: {source}")]
    Op {
        /// The node.
        node: String,
        /// The error of the op.
        source: DispatchError,
    },
    /// Arithmetic on integers has no result for these inputs.
    #[error("node `{node}` cannot compute `{expression}`: {reason}; the program is not made for inputs of these sizes")]
    Arithmetic {
        /// The node.
        node: String,
        /// The operation with its operands: `7 // 0`.
        expression: String,
        /// Why it has no result.
        reason: &'static str,
    },
    /// A condition on values of the inputs does not hold, and the program is not made for others (`_assert_scalar`). The
    /// message is PyTorch's.
    #[error("{message}")]
    Assertion {
        /// The node that checks it.
        node: String,
        /// The condition that does not hold.
        message: String,
    },
    /// A condition on the inputs of the program is not Python code that can be read here.
    #[error("the condition `{code}` on the inputs of the program cannot be read: {problem}")]
    Guard {
        /// The condition.
        code: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A state does not fit the program (`load_state_dict`). The message is PyTorch's.
    #[error("Error(s) in loading state_dict: {problem}")]
    State {
        /// What does not fit.
        problem: String,
    },
    /// The graph is not valid: a node does not fit the nodes before it, or does something that cannot be run.
    #[error("the graph is not valid: node `{node}` {problem}")]
    Graph {
        /// The node.
        node: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl CallError {
    /// The error of a node that does not fit its graph.
    pub(super) fn invalid(node: &Node, problem: impl Into<String>) -> Self {
        CallError::Graph { node: node.name.clone(), problem: problem.into() }
    }

    /// The same by the name of the node.
    pub(super) fn graph(node: &str, problem: &str) -> Self {
        CallError::Graph { node: node.to_owned(), problem: problem.to_owned() }
    }

    /// The error of an op.
    pub(super) fn op(node: &str, source: DispatchError) -> Self {
        CallError::Op { node: node.to_owned(), source }
    }
}
