//! Running a program: its graph, op by op, on the dispatcher.

mod carried;
mod check;
mod error;
mod interpret;

pub use check::InputMismatch;
pub use error::CallError;

use carried::Carried;
use interpret::Interpreter;
use program::ExportedProgram;
use pytree_core::{Leaf, LeafRef, OwnedTree, PyTree, Tch, flatten, unflatten};
use tch::Tensor;

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

/// Running an [`ExportedProgram`]: as a method of the program itself.
///
/// ```
/// use tch::{Device, Kind, Tensor};
/// use torch_export::prelude::*;
///
/// struct Double;
///
/// #[module]
/// impl Double {
///     fn forward(&self, x: &Tensor) -> Tensor {
///         x * 2
///     }
/// }
///
/// let x = |rows| Double::args(Tensor::ones([rows, 3], (Kind::Float, Device::Cpu)));
/// let inputs = ModelInputs::new(&Double, [x(2), x(5)])?;
/// let program = export(&Double, &inputs, &inputs.guess_dynamic_shapes()?)?;
/// let module = program.module()?;
/// let doubled: Tensor = module.call(&x(7))?;
/// assert_eq!(doubled.size(), [7, 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait RunProgram: sealed::Sealed {
    /// The program, ready to be called many times (`ep.module()`).
    ///
    /// # Errors
    /// [`CallError`] when a tensor that the program carries cannot be made.
    fn module(&self) -> Result<ProgramModule<'_>, CallError>;

    /// Runs the program once: typed in, typed out. Every call copies the parameters and starts with the program's own
    /// buffers; for many calls see [`module`](RunProgram::module).
    ///
    /// # Errors
    /// As [`ProgramModule::call`].
    fn call<I: PyTree<Tch>, O: OwnedTree<Tch>>(&self, inputs: &I) -> Result<O, CallError> {
        self.module()?.call(inputs)
    }

    /// Runs the program once on the flattened inputs; its outputs, flattened.
    ///
    /// # Errors
    /// As [`ProgramModule::call`].
    fn run(&self, leaves: Vec<Leaf<Tch>>) -> Result<Vec<Leaf<Tch>>, CallError> {
        self.module()?.run(leaves)
    }
}

impl RunProgram for ExportedProgram {
    fn module(&self) -> Result<ProgramModule<'_>, CallError> {
        Ok(ProgramModule { program: self, carried: Carried::of(self)? })
    }
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for program::ExportedProgram {}
}
