//! Why a program cannot be run.

use super::InputMismatch;
use crate::dispatch::DispatchError;
use program::Node;
use pytree_core::{TreeError, UnflattenError};

/// A program could not be run on these inputs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The inputs are not the program's.
    #[error(transparent)]
    Inputs(#[from] InputMismatch),
    /// The inputs could not be read as a tree.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The result is not the type that was asked for.
    #[error("the program returns something else than the type asked for: {0}")]
    Output(#[from] UnflattenError),
    /// An op failed.
    #[error("node `{node}`: {source}")]
    Op {
        /// The node.
        node: String,
        /// What torch said.
        source: DispatchError,
    },
    /// The graph is not whole: a node uses what no node before it gives.
    #[error("node `{node}` uses {missing}, which the graph does not have at that point")]
    Graph {
        /// The node.
        node: String,
        /// What it uses.
        missing: String,
    },
}

impl CallError {
    /// The error of a node that uses something that no node before it gives.
    pub(super) fn missing(node: &Node, what: impl Into<String>) -> Self {
        CallError::Graph { node: node.name.clone(), missing: what.into() }
    }
}
