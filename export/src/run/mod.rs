//! Running a program: compiled to a plan, and called on the dispatcher.

#[cfg(feature = "aoti")]
mod aoti;
mod bind;
mod check;
mod error;
mod module;
mod number;
mod plan;
mod state;

#[cfg(feature = "aoti")]
pub use aoti::{AotiError, AotiModule, AotiOptions};
pub use check::{InputMismatch, InputPath};
pub use error::CallError;
pub use module::{ModuleOptions, ProgramModule};

use crate::dispatch::ffi::with_inference_mode;
use program::ExportedProgram;
use pytree_core::{Leaf, OwnedTree, PyTree, Tch};

/// Runs `f` in libtorch's inference mode (`torch.inference_mode`), which tch does not have. It is faster than
/// `tch::no_grad`: tensors that are made in it have no version counters, so they cannot be written to or differentiated
/// outside of it. A call of a [`ProgramModule`] does this by itself and gives ordinary tensors.
///
/// ```
/// use tch::{Device, Kind, Tensor};
///
/// let x = Tensor::ones([2], (Kind::Float, Device::Cpu)).set_requires_grad(true);
/// let y = torch_export::inference_mode(|| &x * 2);
/// assert!(!y.requires_grad());
/// ```
pub fn inference_mode<R>(f: impl FnOnce() -> R) -> R {
    with_inference_mode(f)
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
    /// [`CallError`] when a parameter, buffer or constant of the program cannot be made into a tensor, when libtorch does not
    /// have an op, and when an op does not allow its arguments.
    fn module(&self) -> Result<ProgramModule, CallError> {
        self.module_with(&ModuleOptions::new())
    }

    /// The same with options: a device, gradients, the check of element types.
    ///
    /// # Errors
    /// The same as [`module`](RunProgram::module).
    fn module_with(&self, options: &ModuleOptions) -> Result<ProgramModule, CallError>;

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
    fn module_with(&self, options: &ModuleOptions) -> Result<ProgramModule, CallError> {
        let _span = tracing::debug_span!("module", nodes = self.graph.nodes.len()).entered();
        ProgramModule::new(self, options)
    }
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for program::ExportedProgram {}
}
