//! Exporting: from a model in plain `tch` and sets of inputs to a program.
//!
//! The forward is run and recorded a handful of times: on the examples, with other values of the same sizes, and at probe
//! sizes. The runs tell how the integers of the graph follow from the input sizes; the shape rules of the ops tell which sizes
//! are equal, related or fixed; further probes confirm both; and the program is run against the model at unseen sizes.

use crate::build::build;
use crate::error::ExportError;
use crate::model::Leaves;
use crate::model_tensors::ModelTensors;
use crate::probe::{Runs, search};
use crate::record::Role;
use crate::setup::Setup;
use crate::verify::verify;
use program::ExportedProgram;
use pytree_core::{Module, Tch};
use shapes::{DynamicShapes, ModelInputs, Tolerance};
use symbolic::Naming;
use tch::Tensor;
use tch::nn::VarStore;

/// Exports a model (`torch.export.export`): its forward, for inputs like these, with these dynamic shapes.
///
/// `shapes` is what [`ModelInputs::guess_dynamic_shapes`] gives, or a tree written by hand: a tuple with one entry per
/// argument or a dict by argument name. [`Export`] has the options: parameters, names, tolerance, verification.
///
/// # Errors
/// [`ExportError`]; nothing panics, not even when the forward does.
pub fn export<M: Module<Family = Tch>>(
    model: &M,
    inputs: &ModelInputs<'_, M>,
    shapes: &DynamicShapes,
) -> Result<ExportedProgram, ExportError> {
    Export::new(model, inputs).dynamic_shapes(shapes).run()
}

/// An export with options.
///
/// A model with parameters declares them, most simply all of a store:
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
/// let module = program.module()?; // loads the parameters once
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
    /// An export of `model` for inputs like `inputs`. Everything is static until [`dynamic_shapes`](Export::dynamic_shapes)
    /// says otherwise.
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

    /// Which dimensions are dynamic.
    pub fn dynamic_shapes(mut self, shapes: &DynamicShapes) -> Self {
        self.shapes = shapes.clone();
        self
    }

    /// Declares the variables of a store: trainable ones become parameters, in the order in which the layers were made and
    /// a layer's weight before its bias, as `torch.nn` has them; the others become buffers.
    pub fn parameters(mut self, store: &VarStore) -> Self {
        if let Err(error) = self.declared.var_store(store) {
            self.failed = Some(error.into());
        }
        self
    }

    /// Declares a parameter that is in no store.
    pub fn parameter(mut self, name: &str, tensor: &Tensor) -> Self {
        self.declared.add(Role::Parameter(name.to_owned()), tensor.shallow_clone());
        self
    }

    /// Declares a buffer: a tensor of the model that is no parameter.
    pub fn buffer(mut self, name: &str, tensor: &Tensor) -> Self {
        self.declared.add(Role::Buffer(name.to_owned()), tensor.shallow_clone());
        self
    }

    /// Declares a constant tensor.
    pub fn constant(mut self, name: &str, tensor: &Tensor) -> Self {
        self.declared.add(Role::Constant(name.to_owned()), tensor.shallow_clone());
        self
    }

    /// How symbols are numbered: by hash as PyTorch 2.13 does, or in sequence as up to 2.7.
    pub fn naming(mut self, naming: Naming) -> Self {
        self.naming = naming;
        self
    }

    /// What to do when the model fixes or ties a dimension that the shapes declare free.
    pub fn tolerance(mut self, tolerance: Tolerance) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Whether the program is run against the model at unseen sizes before it is given out. On by default.
    pub fn verify(mut self, verify: bool) -> Self {
        self.verify = verify;
        self
    }

    /// Whether nodes say which line of the model they come from (`node.meta["stack_trace"]`): the `# File:` comments of
    /// the printed program. On by default; without debug information there are none.
    pub fn locations(mut self, locations: bool) -> Self {
        self.locations = locations;
        self
    }

    /// Exports.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn run(self) -> Result<ExportedProgram, ExportError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let setup = Setup::new(self.inputs, &self.shapes, &self.declared, self.naming, self.tolerance, self.locations)?;
        let sets = self.inputs.sets().iter().map(Leaves::of).collect::<Result<Vec<_>, _>>()?;
        export_leaves(Runs::new(self.model, sets, &self.declared, setup), self.verify)
    }
}

/// What an export does, whatever the model's type.
fn export_leaves(mut runs: Runs<'_>, verified: bool) -> Result<ExportedProgram, ExportError> {
    let settled = search(&mut runs)?;
    let mut program = build(&runs, &settled.resolved)?;
    if verified {
        program.verification = Some(verify(&mut runs, &settled, &program)?);
    }
    Ok(program)
}
