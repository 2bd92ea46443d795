//! Running a program: its graph, op by op, on the dispatcher.

mod check;
mod interpret;

pub use check::InputMismatch;

use crate::dispatch::DispatchError;
use crate::program::ExportedProgram;
use interpret::Interpreter;
use pytree_core::{Leaf, LeafRef, OwnedTree, PyTree, Tch, TreeError, UnflattenError, flatten, unflatten};
use tch::Tensor;

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
    #[error("node `{node}`: {error}")]
    Op {
        /// The node.
        node: String,
        /// What torch said.
        error: DispatchError,
    },
    /// The graph is not whole: a node uses what no node before it gives.
    #[error("node `{node}` uses {missing}, which is no value of the graph at that point")]
    Graph {
        /// The node.
        node: String,
        /// What it uses.
        missing: String,
    },
}

impl ExportedProgram {
    /// Runs the program: typed in, typed out (`ep.module()(*args, **kwargs)`).
    ///
    /// `inputs` is a call of the model (`Model::args(x).y(y)`) or any tree with the structure of the program's inputs.
    /// The inputs are checked as `ep.module()` checks them: structure, static sizes, equalities, ranges.
    ///
    /// # Errors
    /// [`CallError`] when the inputs are not the program's, an op fails, or `O` is not what the program returns.
    pub fn call<I: PyTree<Tch>, O: OwnedTree<Tch>>(&self, inputs: &I) -> Result<O, CallError> {
        let flat = flatten(inputs)?;
        check::structure(self, &flat.spec)?;
        let leaves: Vec<Leaf<Tch>> =
            flat.leaves.into_iter().map(|l: LeafRef<'_, Tch>| l.map(Tensor::shallow_clone)).collect();
        let outputs = self.run(leaves)?;
        Ok(unflatten(outputs, &self.out_spec)?)
    }

    /// Runs the program on the flattened inputs; its outputs, flattened.
    ///
    /// # Errors
    /// As [`call`](ExportedProgram::call).
    pub fn run(&self, leaves: Vec<Leaf<Tch>>) -> Result<Vec<Leaf<Tch>>, CallError> {
        check::values(self, &leaves)?;
        Interpreter::new(self)?.run(leaves)
    }
}
