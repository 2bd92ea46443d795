//! Running a program: its graph, op by op, on the dispatcher.

mod carried;
mod check;
mod interpret;

pub use check::InputMismatch;

use crate::dispatch::DispatchError;
use crate::program::ExportedProgram;
use carried::Carried;
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

/// A program that is ready to be called many times (`ep.module()`): its parameters, buffers and constants are tensors.
///
/// A buffer keeps what a call has written to it, as in PyTorch. The program itself stays as it is.
#[derive(Debug)]
pub struct ProgramModule<'p> {
    program: &'p ExportedProgram,
    carried: Carried,
}

impl ProgramModule<'_> {
    /// Runs the program: typed in, typed out (`ep.module()(*args, **kwargs)`).
    ///
    /// `inputs` is a call of the model (`Model::args(x).y(y)`) or any tree with the structure of the program's inputs.
    /// The inputs are checked as `ep.module()` checks them: structure, static sizes, equalities, ranges.
    ///
    /// # Errors
    /// [`CallError`] when the inputs are not the program's, an op fails, or `O` is not what the program returns.
    pub fn call<I: PyTree<Tch>, O: OwnedTree<Tch>>(&self, inputs: &I) -> Result<O, CallError> {
        let flat = flatten(inputs)?;
        check::structure(self.program, &flat.spec)?;
        let leaves: Vec<Leaf<Tch>> =
            flat.leaves.into_iter().map(|l: LeafRef<'_, Tch>| l.map(Tensor::shallow_clone)).collect();
        let outputs = self.run(leaves)?;
        Ok(unflatten(outputs, &self.program.out_spec)?)
    }

    /// Runs the program on the flattened inputs; its outputs, flattened.
    ///
    /// # Errors
    /// As [`call`](ProgramModule::call).
    pub fn run(&self, leaves: Vec<Leaf<Tch>>) -> Result<Vec<Leaf<Tch>>, CallError> {
        check::values(self.program, &leaves)?;
        Interpreter::new(self.program, &self.carried).run(leaves)
    }
}

impl ExportedProgram {
    /// The program, ready to be called many times (`ep.module()`).
    ///
    /// # Errors
    /// [`CallError`] when a tensor that the program carries cannot be made.
    pub fn module(&self) -> Result<ProgramModule<'_>, CallError> {
        Ok(ProgramModule { program: self, carried: Carried::of(self)? })
    }

    /// Runs the program once: typed in, typed out. Every call copies the parameters and starts with the program's own
    /// buffers; for many calls see [`module`](ExportedProgram::module).
    ///
    /// # Errors
    /// As [`ProgramModule::call`].
    pub fn call<I: PyTree<Tch>, O: OwnedTree<Tch>>(&self, inputs: &I) -> Result<O, CallError> {
        self.module()?.call(inputs)
    }

    /// Runs the program once on the flattened inputs; its outputs, flattened.
    ///
    /// # Errors
    /// As [`ProgramModule::call`].
    pub fn run(&self, leaves: Vec<Leaf<Tch>>) -> Result<Vec<Leaf<Tch>>, CallError> {
        self.module()?.run(leaves)
    }
}
