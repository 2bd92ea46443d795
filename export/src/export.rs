//! Exporting: from a model in plain `tch` and sets of inputs to a program.
//!
//! The forward is recorded a few times: on the examples, with other values of the same sizes, and at probe sizes. The
//! integers of the graph are solved from these runs. The shape rules of the ops determine which sizes are equal, related or
//! fixed. Further probes check both, and at the end the program is compared with the model at sizes that no run has used.

use crate::build::build;
use crate::error::ExportError;
use crate::model::Leaves;
use crate::model_tensors::ModelTensors;
use crate::probe::{Runs, search};
use crate::record::Role;
use crate::setup::Setup;
use crate::verify::{CheckCase, check, verify};
use program::{ExportedProgram, Verification};
use pytree_core::{Module, Tch};
use shapes::{DynamicShapes, ModelInputs, Tolerance};
use symbolic::Naming;
use tch::Tensor;
use tch::nn::VarStore;

/// Exports the forward of a model for inputs like these, with these dynamic shapes (`torch.export.export`).
///
/// `shapes` comes from [`ModelInputs::guess_dynamic_shapes`] or is written by hand: a tuple with one entry per argument, or
/// a dict by argument name. [`Export`] has the options: parameters, names, tolerance, verification.
///
/// # Errors
/// [`ExportError`]. A panic in the forward is caught and is an error too.
pub fn export<M: Module<Family = Tch>>(
    model: &M,
    inputs: &ModelInputs<'_, M>,
    shapes: &DynamicShapes,
) -> Result<ExportedProgram, ExportError> {
    Export::new(model, inputs).dynamic_shapes(shapes).run()
}

/// An export with options.
///
/// If the model has parameters, pass the `VarStore` that holds them:
///
/// ```
/// use tch::{Device, Kind, Tensor, nn, nn::Module as _};
/// use torch_export::prelude::*;
///
/// struct Classifier {
///     layer: nn::Linear,
/// }
///
/// #[module]
/// impl Classifier {
///     fn forward(&self, x: &Tensor) -> Tensor {
///         self.layer.forward(x).softmax(-1, Kind::Float)
///     }
/// }
///
/// let store = nn::VarStore::new(Device::Cpu);
/// let model = Classifier { layer: nn::linear(store.root() / "layer", 4, 3, Default::default()) };
/// let x = |rows| Classifier::args(Tensor::ones([rows, 4], (Kind::Float, Device::Cpu)));
/// let inputs = ModelInputs::new(&model, [x(2), x(5)])?;
/// let shapes = inputs.guess_dynamic_shapes()?;
/// let program = Export::new(&model, &inputs).dynamic_shapes(&shapes).parameters(&store).run()?;
/// assert!(program.to_string().contains("p_layer_weight: PARAMETER target='layer.weight'"), "{program}");
///
/// let module = program.module()?; // copies the parameters once
/// let output: Tensor = module.call(&x(7))?;
/// assert_eq!(output.size(), [7, 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "an export does nothing until `run`"]
pub struct Export<'m, M: Module<Family = Tch>> {
    model: &'m M,
    inputs: &'m ModelInputs<'m, M>,
    shapes: DynamicShapes,
    declared: ModelTensors,
    naming: Naming,
    tolerance: Tolerance,
    verify: bool,
    locations: bool,
    failed: Option<ExportError>,
}

impl<'m, M: Module<Family = Tch>> Export<'m, M> {
    /// An export of `model` for inputs like `inputs`. All dimensions are static unless
    /// [`dynamic_shapes`](Export::dynamic_shapes) is called.
    pub fn new(model: &'m M, inputs: &'m ModelInputs<'m, M>) -> Self {
        Export {
            model,
            inputs,
            shapes: DynamicShapes::NONE,
            declared: ModelTensors::default(),
            naming: Naming::Hashed,
            tolerance: Tolerance::Strict,
            verify: true,
            locations: true,
            failed: None,
        }
    }

    /// Sets which dimensions are dynamic (`dynamic_shapes=`).
    pub fn dynamic_shapes(mut self, shapes: &DynamicShapes) -> Self {
        self.shapes = shapes.clone();
        self
    }

    /// Declares the variables of a store. Trainable variables become parameters, in the order in which the layers were
    /// created and with the weight of a layer before its bias, as in `torch.nn`. The others become buffers.
    pub fn parameters(mut self, store: &VarStore) -> Self {
        if let Err(error) = self.declared.var_store(store) {
            self.failed = Some(error.into());
        }
        self
    }

    /// Declares a parameter that is not in a store.
    pub fn parameter(mut self, name: &str, tensor: &Tensor) -> Self {
        self.declared.add(Role::Parameter(name.to_owned()), tensor.shallow_clone());
        self
    }

    /// Declares a buffer: a tensor of the model that is not a parameter and may be written to.
    pub fn buffer(mut self, name: &str, tensor: &Tensor) -> Self {
        self.declared.add(Role::Buffer(name.to_owned()), tensor.shallow_clone());
        self
    }

    /// Declares a constant: a tensor of the model that is the same in every call.
    pub fn constant(mut self, name: &str, tensor: &Tensor) -> Self {
        self.declared.add(Role::Constant(name.to_owned()), tensor.shallow_clone());
        self
    }

    /// Sets how symbols are numbered: by hash as in PyTorch 2.13 (the default), or in sequence as in PyTorch 2.7 and before.
    pub fn naming(mut self, naming: Naming) -> Self {
        self.naming = naming;
        self
    }

    /// Sets what happens if the model fixes or ties a dimension that the shapes declare dynamic.
    pub fn tolerance(mut self, tolerance: Tolerance) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Sets whether the program is compared with the model at unseen sizes before it is returned. On by default.
    pub fn verify(mut self, verify: bool) -> Self {
        self.verify = verify;
        self
    }

    /// Sets whether nodes have the source line that they come from (`node.meta["stack_trace"]`), which the printed program
    /// shows as `# File:` comments. On by default; without debug information there are no lines.
    pub fn locations(mut self, locations: bool) -> Self {
        self.locations = locations;
        self
    }

    /// Compares a program with the model, as an export does before it returns its program: at the sizes of the given sets, on
    /// their values, and on other ones where these say little. What both return and what they write must agree.
    ///
    /// An export checks its own program. This is for a program that was changed since, or that comes from elsewhere.
    ///
    /// # Errors
    /// [`ExportError::Differs`] for a program that is not the model, [`ExportError::Verify`] for one that cannot be run.
    pub fn check(&self, program: &ExportedProgram) -> Result<Verification, ExportError> {
        let mut cases = Vec::new();
        for set in self.inputs.sets() {
            let inputs = Leaves::of(set)?;
            cases.push(CheckCase { shown: inputs.shown(), inputs });
        }
        check(self.model, &self.declared, program, &cases)
    }

    /// Runs the export.
    ///
    /// # Errors
    /// The same as [`export`].
    pub fn run(self) -> Result<ExportedProgram, ExportError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let setup = Setup::new(self.inputs, &self.shapes, &self.declared, self.naming, self.tolerance, self.locations)?;
        let sets = self.inputs.sets().iter().map(Leaves::of).collect::<Result<Vec<_>, _>>()?;
        export_leaves(Runs::new(self.model, sets, &self.declared, setup), self.verify)
    }
}

/// The part of an export that does not depend on the type of the model.
fn export_leaves(mut runs: Runs<'_>, verified: bool) -> Result<ExportedProgram, ExportError> {
    let settled = search(&mut runs)?;
    let mut program = build(&runs, &settled.resolved)?;
    if verified {
        program.verification = Some(verify(&mut runs, &settled, &program)?);
    }
    Ok(program)
}
