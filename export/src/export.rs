//! Exporting: from a model in plain `tch` and sets of inputs to a program.
//!
//! The forward is recorded once on the first set, with data unless that takes very long. All further runs hold no data and take
//! any size: from them the integers of the graph are identified. The shape rules of the ops determine which sizes are equal,
//! related or fixed; a change of path becomes a guard. At the end the program is compared with the model at sizes that it was
//! not exported with.

use crate::build::build;
use crate::dispatch::ffi::with_plain_script;
use crate::error::ExportError;
use crate::model::Leaves;
use crate::model_tensors::ModelTensors;
use crate::probe::{Runs, record_example};
use crate::progress::{OnProgress, Progress, Stage, Told, Watch};
use crate::record::{Panic, Reference, Role, catch};
use crate::resolve::resolve;
use crate::setup::Setup;
use crate::verify::{CheckCase, check, same_calls, verify};
use program::{ExportedProgram, Verification};
use pytree_core::{Module, PyTree, Tch};
use shapes::{DynamicShapes, ModelInputs, Tolerance};
use symbolic::Naming;
use tch::nn::VarStore;
use tch::{CModule, Tensor};

/// Exports the forward of a model for inputs like these, with these dynamic shapes (`torch.export.export`).
///
/// `shapes` comes from [`ModelInputs::guess_dynamic_shapes`] or is written by hand: a tuple with one entry per argument, or
/// a dict by argument name. [`Export`] has the options: parameters, names, tolerance, verification.
///
/// The forward runs many times, at large sizes and with other numbers than the tensors hold. Runs that could loop, recurse or
/// allocate by a number are tried in a copy of the process first (`fork`, on Unix), which may take a few seconds of the
/// processor: what does not end there, or ends the copy, is an error or is not tried here.
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
    proof: bool,
    locations: bool,
    harmless: Vec<String>,
    on_progress: Option<OnProgress<'m>>,
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
            proof: false,
            locations: true,
            harmless: Vec::new(),
            on_progress: None,
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

    /// Declares the tensors of a tree as parameters: of a struct of weights that derives `PyTree`, a map, a list. The names
    /// are the paths, joined by dots as in `torch.nn`: `layers.0.weight`.
    ///
    /// ```
    /// use tch::{Device, Kind, Tensor};
    /// use torch_export::prelude::*;
    ///
    /// #[derive(PyTree)]
    /// struct Weights {
    ///     layers: Vec<Tensor>,
    /// }
    ///
    /// struct Model(Weights);
    ///
    /// #[module]
    /// impl Model {
    ///     fn forward(&self, x: &Tensor) -> Tensor {
    ///         self.0.layers.iter().fold(x.shallow_clone(), |x, weight| x.matmul(weight))
    ///     }
    /// }
    ///
    /// let ones = |n, m| Tensor::ones([n, m], (Kind::Float, Device::Cpu));
    /// let model = Model(Weights { layers: vec![ones(3, 4), ones(4, 2)] });
    /// let inputs = ModelInputs::new(&model, [Model::args(ones(5, 3))])?;
    /// let program = Export::new(&model, &inputs).parameter_tree(&model.0).run()?;
    /// assert!(program.state_dict.keys().eq(["layers.0", "layers.1"]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parameter_tree<T: PyTree<Tch>>(mut self, tree: &T) -> Self {
        let declared = self.declared.tree(tree, Role::Parameter);
        self.note(declared)
    }

    /// Declares the tensors of a tree as buffers, named as in [`parameter_tree`](Export::parameter_tree).
    pub fn buffer_tree<T: PyTree<Tch>>(mut self, tree: &T) -> Self {
        let declared = self.declared.tree(tree, Role::Buffer);
        self.note(declared)
    }

    /// Declares the parameters of a TorchScript module that the model calls, under their names in it. Its buffers have no
    /// names in `tch`.
    pub fn script_module(mut self, module: &CModule) -> Self {
        let declared = self.declared.script_module(module);
        self.note(declared)
    }

    /// Keeps the first error for [`run`](Export::run).
    fn note(mut self, declared: Result<(), ExportError>) -> Self {
        if let (Err(error), None) = (declared, &self.failed) {
            self.failed = Some(error);
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

    /// Sets whether the program is compared with the model before it is returned: on the first set of inputs, and at one or two
    /// sizes that no set has. On by default.
    ///
    /// Both run with data, and on the other sets too, while that takes less than a billion multiplications. Where it takes longer,
    /// both run without data and must make the same calls on the same values ([`same_calls`](Export::same_calls)). If that says
    /// nothing, since the forward reads numbers or writes to what was there before, only the first set and one other size run with
    /// data, on the values of the sets that are left out, and the program must accept these sets. With
    /// [`require_proof`](Export::require_proof), and in [`check`](Export::check), everything runs with data.
    pub fn verify(mut self, verify: bool) -> Self {
        self.verify = verify;
        self
    }

    /// Sets whether a program is an error if its comparison with the model does not prove all of it
    /// ([`Verification::unproven`]): for example if an output is zero in every run, or if no unseen sizes could be tried. All given
    /// sets are then compared, however long that takes. Off by default, since a model may return zeros.
    pub fn require_proof(mut self, required: bool) -> Self {
        self.proof = required;
        self
    }

    /// Sets whether nodes have the source line that they come from (`node.meta["stack_trace"]`), which the printed program
    /// shows as `# File:` comments. On by default; without debug information there are no lines.
    pub fn locations(mut self, locations: bool) -> Self {
        self.locations = locations;
        self
    }

    /// Names reads of numbers of which nothing follows, such as those that are logged: by the function that reads, or by the
    /// line (`src/model.rs:42`).
    ///
    /// The forward may read a number with `int64_value` or `double_value` where the graph uses it. If the graph does not, the
    /// number may still decide a branch, for values that no run has. So without its name such a read is an error.
    ///
    /// What is printed or copied as a whole cannot be read in an export. Leave it out there: see
    /// [`is_exporting`](crate::is_exporting).
    ///
    /// ```
    /// use tch::{Device, Kind, Tensor};
    /// use torch_export::prelude::*;
    ///
    /// fn log_mean(x: &Tensor) {
    ///     println!("{}", x.mean(Kind::Float).double_value(&[]));
    /// }
    ///
    /// struct Model;
    ///
    /// #[module]
    /// impl Model {
    ///     fn forward(&self, x: &Tensor) -> Tensor {
    ///         log_mean(x);
    ///         x.relu()
    ///     }
    /// }
    ///
    /// let x = Tensor::ones([3], (Kind::Float, Device::Cpu));
    /// let inputs = ModelInputs::new(&Model, [Model::args(x)])?;
    /// assert!(Export::new(&Model, &inputs).run().is_err());
    /// Export::new(&Model, &inputs).harmless_reads(["log_mean"]).run()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn harmless_reads<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.harmless.extend(names.into_iter().map(Into::into));
        self
    }

    /// Tells `callback` how far the export is, for a progress bar: at the start of each stage, with each run, and with each op
    /// that is resolved. As spans of `tracing` there are `export`, one for each stage (level `DEBUG`), and `run` (`TRACE`).
    ///
    /// ```
    /// use tch::{Device, Kind, Tensor};
    /// use torch_export::Stage;
    /// use torch_export::prelude::*;
    ///
    /// let double = function!(|x: &Tensor| -> Tensor { x * 2 });
    /// let inputs = ModelInputs::new(&double, [double.args(Tensor::ones([3], (Kind::Float, Device::Cpu)))])?;
    /// let mut stages = Vec::new();
    /// let export = Export::new(&double, &inputs).on_progress(|progress| stages.push(progress.stage));
    /// export.run()?;
    /// stages.dedup();
    /// assert_eq!(stages, [Stage::Record, Stage::Resolve, Stage::Build, Stage::Verify]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn on_progress(mut self, callback: impl FnMut(&Progress) + 'm) -> Self {
        self.on_progress = Some(Box::new(callback));
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
            cases.push(CheckCase { shown: inputs.shown(), inputs, may_fail: false, may_refuse: false });
        }
        calling(|| with_plain_script(|| check(self.model, &self.declared, program, &cases)))
    }

    /// Whether a program makes the same calls as the model on the same values, at the sizes of the given sets. Both run without
    /// data, so this takes no time of the kernels, and where it is true, both give the same results, whatever the values are.
    ///
    /// False does not mean that they differ: a model that asks for data or writes to its inputs or buffers cannot be compared
    /// like that, and the calls may be others with the same results. [`check`](Export::check) compares the results.
    ///
    /// # Errors
    /// [`ExportError::Verify`] for a program that is not a module.
    pub fn same_calls(&self, program: &ExportedProgram) -> Result<bool, ExportError> {
        let sets = self.inputs.sets().iter().map(Leaves::of).collect::<Result<Vec<_>, _>>()?;
        calling(|| with_plain_script(|| same_calls(self.model, &self.declared, program, &sets)))
    }

    /// Runs the export.
    ///
    /// The first run of the forward is recorded. It has data, unless that takes more than a billion multiplications: then it has
    /// none either, if two runs without data make the same calls and do not ask for it. They are made in a copy of the process
    /// (`fork`, on Unix), so that no tensor without data stays in a model that keeps tensors. As in PyTorch, an op that fails on the
    /// values of the example is not seen then.
    ///
    /// A run with data is in the mode of the caller. Where parameters require gradients, each of its intermediate results is kept
    /// for them, as in any call of the model. Inside of [`tch::no_grad`] an export needs less memory, and gives the same program;
    /// only a forward that runs a backward pass itself needs gradients.
    ///
    /// # Errors
    /// The same as [`export`].
    pub fn run(mut self) -> Result<ExportedProgram, ExportError> {
        let told = Told::new(self.on_progress.take());
        calling(|| with_plain_script(|| self.run_plain(told.watch())))
    }

    fn run_plain(self, watch: Watch<'_>) -> Result<ExportedProgram, ExportError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if let Some(name) = self.declared.declared_twice() {
            return Err(ExportError::DeclaredTwice { name: name.to_owned() });
        }
        let mut setup =
            Setup::new(self.inputs, &self.shapes, &self.declared, self.naming, self.tolerance, self.locations)?;
        setup.harmless = self.harmless;
        setup.verified = self.verify || self.proof;
        setup.proof = self.proof;
        let sets = self.inputs.sets().iter().map(Leaves::of).collect::<Result<Vec<_>, _>>()?;
        let _span = tracing::info_span!("export", model = M::name()).entered();
        let example =
            watch.stage(Stage::Record, || record_example(self.model, &sets, &self.declared, &setup, watch))?;
        let reference = Reference::new(&example.trace)?;
        let runs = Runs::new(self.model, &sets, &self.declared, setup, &example, &reference, watch);
        let program = export_leaves(runs)?;
        match &program.verification {
            Some(verification) if self.proof && !verification.unproven.is_empty() => {
                Err(ExportError::Unproven { unproven: verification.unproven.clone() })
            }
            _ => Ok(program),
        }
    }
}

/// Runs a part of an export. The forward is caught where it is run; this catches all other code of the user.
fn calling<R>(f: impl FnOnce() -> Result<R, ExportError>) -> Result<R, ExportError> {
    let panicked = |panic: Panic| ExportError::Panicked { message: panic.message, location: panic.location };
    catch(f).map_err(panicked).and_then(|result| result)
}

/// The part of an export that does not depend on the type of the model.
fn export_leaves(mut runs: Runs<'_>) -> Result<ExportedProgram, ExportError> {
    let watch = runs.watch();
    let resolved = watch.stage(Stage::Resolve, || resolve(&mut runs))?;
    let mut program = watch.stage(Stage::Build, || build(&runs, &resolved))?;
    if runs.setup().verified {
        program.verification = Some(watch.stage(Stage::Verify, || verify(&runs, &resolved, &program))?);
    }
    Ok(program)
}
