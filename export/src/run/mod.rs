//! Running a program: its graph, op by op, on the dispatcher.

mod carried;
mod check;
mod error;
mod interpret;
mod number;

pub use check::InputMismatch;
pub use error::CallError;

use carried::Carried;
use interpret::Interpreter;
use program::ExportedProgram;
use pytree_core::{Leaf, LeafRef, OwnedTree, PyTree, Tch, flatten, unflatten};
use tch::Tensor;

/// A program that can be called many times (`ep.module()`). It holds the parameters, buffers and constants as tensors.
///
/// A buffer keeps what a call writes to it, as in PyTorch. The program itself does not change.
#[derive(Debug)]
pub struct ProgramModule<'p> {
    program: &'p ExportedProgram,
    carried: Carried,
}

impl ProgramModule<'_> {
    /// A parameter, buffer or constant by name.
    pub(crate) fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.carried.get(name)
    }

    /// Calls the program with typed inputs and a typed output (`ep.module()(*args, **kwargs)`).
    ///
    /// `inputs` is a call of the model (`Model::args(x).y(y)`) or any tree with the structure of the program's inputs.
    /// The inputs are checked as in `ep.module()`: structure, static sizes, equalities, ranges.
    ///
    /// # Errors
    /// [`CallError`] when the inputs do not fit the program, an op fails, or the program does not return an `O`.
    pub fn call<I: PyTree<Tch>, O: OwnedTree<Tch>>(&self, inputs: &I) -> Result<O, CallError> {
        let flat = flatten(inputs)?;
        check::structure(self.program, &flat.spec)?;
        let leaves: Vec<Leaf<Tch>> =
            flat.leaves.into_iter().map(|l: LeafRef<'_, Tch>| l.map(Tensor::shallow_clone)).collect();
        let outputs = self.run(leaves)?;
        Ok(unflatten(outputs, &self.program.out_spec)?)
    }

    /// Runs the program on flattened inputs and returns its flattened outputs.
    ///
    /// # Errors
    /// The same as [`call`](ProgramModule::call).
    pub fn run(&self, leaves: Vec<Leaf<Tch>>) -> Result<Vec<Leaf<Tch>>, CallError> {
        check::values(self.program, &leaves)?;
        Interpreter::new(self.program, &self.carried).run(leaves)
    }
}

/// Methods of [`ExportedProgram`] that run the program. The trait is in the prelude and cannot be implemented elsewhere.
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
    /// Prepares the program to be called many times (`ep.module()`).
    ///
    /// # Errors
    /// [`CallError`] when a parameter, buffer or constant of the program cannot be made into a tensor.
    fn module(&self) -> Result<ProgramModule<'_>, CallError>;

    /// Calls the program once, with typed inputs and a typed output. Every call copies the parameters and starts with the
    /// initial buffers; for many calls use [`module`](RunProgram::module).
    ///
    /// # Errors
    /// The same as [`ProgramModule::call`].
    fn call<I: PyTree<Tch>, O: OwnedTree<Tch>>(&self, inputs: &I) -> Result<O, CallError> {
        self.module()?.call(inputs)
    }

    /// Runs the program once on flattened inputs and returns its flattened outputs.
    ///
    /// # Errors
    /// The same as [`ProgramModule::call`].
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
