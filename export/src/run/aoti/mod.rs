//! AOTInductor packages: programs that Python compiled to machine code, run by libtorch's own loader.

mod checks;
mod error;
mod options;

pub use error::AotiError;
pub use options::AotiOptions;

use super::InputMismatch;
use super::bind::bind;
use crate::dispatch::ffi::{self, Package, ShimError};
use crate::dispatch::first_line;
use checks::ProgramChecks;
use program::inspect::CompiledModel;
use program::{Archive, ExportedProgram};
use pytree_core::{Leaf, LeafRef, OwnedTree, PyTree, Tch, TreeSpec, flatten, unflatten};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::ffi::CString;
use std::path::Path;
use std::sync::{PoisonError, RwLock};
use tch::{Device, Tensor};

/// A model that `torch._inductor.aoti_compile_and_package` compiled (`torch._inductor.aoti_load_package`).
///
/// # Trust
/// A package is machine code. Loading it runs that code with the rights of this process, and nothing can check what it does:
/// load only packages that you or people you trust have made. [`ExportedProgram::load`] is safe for any file.
///
/// # What is checked
/// Compiled code relies on the sizes, element types and strides for which it was compiled. If the archive has the exported
/// program too, or it is given by [`AotiOptions::program`], inputs are checked as by
/// [`ProgramModule`](super::ProgramModule), and the order of their elements in memory as well. Otherwise only the structure
/// is checked here, and the code checks each input by itself, which does not include that two sizes are equal. It compares
/// strides exactly, those of dimensions with one index too, and also prints its errors to the standard error. For these
/// checks a load sets the environment variable `AOTI_RUNTIME_CHECK_INPUTS` of this process, unless it is set; `0` disables
/// them.
///
/// A number among the inputs is part of the code; see [`AotiOptions::skip_plain_values`]. All outputs are tensors or `None`:
/// a number that the program returns is a tensor without dimensions, as in Python.
///
/// # Threads
/// A module can be called from several threads. As many calls as [`AotiOptions::runners`] run at once, and others wait.
///
/// ```no_run
/// use tch::{Device, Kind, Tensor};
/// use torch_export::AotiModule;
///
/// let module = AotiModule::load("model.pt2")?;
/// let x = Tensor::ones([2, 4], (Kind::Float, Device::Cpu));
/// // `(args, kwargs)`: one positional argument.
/// let y: Tensor = module.call(&((x,), std::collections::BTreeMap::<String, Tensor>::new()))?;
/// # Ok::<(), torch_export::AotiError>(())
/// ```
#[derive(Debug)]
pub struct AotiModule {
    package: RwLock<Package>,
    in_spec: TreeSpec,
    out_spec: TreeSpec,
    /// The names of the arguments, if they are known.
    names: Vec<String>,
    checks: Option<ProgramChecks>,
    skip_plain_values: bool,
    metadata: BTreeMap<String, String>,
}

impl AotiModule {
    /// Loads the model of a package. **This runs code of the file**: see [trust](AotiModule#trust).
    ///
    /// If the package has several models, it is the one named `model`, as in Python.
    ///
    /// # Errors
    /// [`AotiError`] when the file is missing, damaged, or holds no such model, and when libtorch cannot load the code.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, AotiError> {
        Self::load_with(path, &AotiOptions::new())
    }

    /// The same with options: the model, the device, threads, checks.
    ///
    /// # Errors
    /// The same as [`load`](AotiModule::load).
    pub fn load_with(path: impl AsRef<Path>, options: &AotiOptions) -> Result<Self, AotiError> {
        let path = path.as_ref();
        // libtorch's loader believes the archive, member names such as `../../x` included. Ours does not.
        let archive = Archive::open(path)?;
        let model = choose(path, &archive, options.model.as_deref())?;
        if let Some(source) = archive.verify().into_iter().next() {
            return Err(AotiError::Damaged { path: path.to_owned(), source });
        }
        let index = device_index(&model, options.device)?;
        let own = match (&options.program, archive.programs().contains(&model.name)) {
            (None, true) => Some(archive.program(&model.name)?),
            _ => None,
        };
        drop(archive);
        let load = |message| AotiError::Load { libtorch: ffi::version(), message };
        let text = |bytes: &[u8]| CString::new(bytes).map_err(|error| load(error.to_string()));
        let (file, name) = (text(path.as_os_str().as_encoded_bytes())?, text(model.name.as_bytes())?);
        let package = Package::load(&file, &name, options.single_threaded, options.runners, index);
        let package = package.map_err(|error| load(message(error)))?;
        let specs = package.specs().map_err(|error| load(message(error)))?;
        let spec = |at: usize, part| {
            let text = specs.get(at).map_or("", String::as_str);
            TreeSpec::from_json(text).map_err(|source| AotiError::Spec { part, source: Box::new(source) })
        };
        let mut module = AotiModule {
            package: RwLock::new(package),
            in_spec: spec(0, "inputs")?,
            out_spec: spec(1, "outputs")?,
            names: Vec::new(),
            checks: None,
            skip_plain_values: options.skip_plain_values,
            metadata: model.metadata.into_iter().collect(),
        };
        match (&options.program, own) {
            (Some(program), _) => {
                module.belongs(program).map_err(|problem| AotiError::OtherProgram { problem })?;
                module.know(program)?;
            }
            // An archive may hold unrelated things under one name.
            (None, Some(program)) if module.belongs(&program).is_ok() => module.know(&program)?,
            (None, _) => {}
        }
        Ok(module)
    }

    /// What differs between the program and the model, if anything.
    fn belongs(&self, program: &ExportedProgram) -> Result<(), String> {
        let differ = |part: &str, error: &dyn std::fmt::Display| format!("the {part} differ {error}");
        self.in_spec.same_as(&program.in_spec).map_err(|error| differ("inputs", &error))?;
        self.out_spec.same_as(&program.out_spec).map_err(|error| differ("outputs", &error))
    }

    /// Takes the names and checks of the program.
    fn know(&mut self, program: &ExportedProgram) -> Result<(), AotiError> {
        self.checks = Some(ProgramChecks::of(program)?);
        self.names.clone_from(&program.argument_names);
        Ok(())
    }

    /// Calls the model with typed inputs and a typed output.
    ///
    /// `inputs` is a call of the model (`Model::args(x).y(y)`) or any tree `(args, kwargs)`. A parameter may be given by
    /// position or by name if its name is known.
    ///
    /// # Errors
    /// [`AotiError`] when the inputs do not fit the model, its code fails, or it does not return an `O`.
    pub fn call<I: PyTree<Tch>, O: OwnedTree<Tch>>(&self, inputs: &I) -> Result<O, AotiError> {
        let flat = flatten(inputs)?;
        let outputs = if flat.spec == self.in_spec {
            self.run_leaves(&flat.leaves)?
        } else {
            let order = bind(&self.in_spec, &self.names, &flat.spec)?;
            let leaves: Vec<LeafRef<'_, Tch>> =
                order.iter().filter_map(|leaf| flat.leaves.get(*leaf).copied()).collect();
            self.run_leaves(&leaves)?
        };
        Ok(unflatten(outputs, &self.out_spec)?)
    }

    /// Runs the model on flattened inputs, in the order of [`in_spec`](AotiModule::in_spec), and returns its flattened
    /// outputs.
    ///
    /// # Errors
    /// The same as [`call`](AotiModule::call).
    pub fn run(&self, leaves: Vec<Leaf<Tch>>) -> Result<Vec<Leaf<Tch>>, AotiError> {
        let leaves: Vec<LeafRef<'_, Tch>> = leaves.iter().map(|leaf| leaf.as_ref()).collect();
        self.run_leaves(&leaves)
    }

    fn run_leaves(&self, leaves: &[LeafRef<'_, Tch>]) -> Result<Vec<Leaf<Tch>>, AotiError> {
        let (expected, found) = (self.in_spec.num_leaves(), leaves.len());
        if found != expected {
            return Err(InputMismatch::Count { expected, found }.into());
        }
        if let Some(checks) = &self.checks {
            checks.check(leaves)?;
        }
        let mut tensors: SmallVec<[&Tensor; 16]> = SmallVec::new();
        for (number, leaf) in leaves.iter().enumerate() {
            match leaf {
                LeafRef::Tensor(tensor) => tensors.push(tensor),
                LeafRef::None => {}
                _ if self.checks.is_some() || self.skip_plain_values => {}
                other => {
                    let path = self.in_spec.leaf_paths().nth(number).map_or(String::new(), |path| path.to_string());
                    return Err(AotiError::PlainValue { path, found: other.kind() });
                }
            }
        }
        let outputs = self.run_tensors(&tensors)?;
        let (expected, found) = (self.out_spec.num_leaves(), outputs.len());
        if found != expected {
            return Err(AotiError::OutputCount { expected, found });
        }
        Ok(outputs.into_iter().map(|output| output.map_or(Leaf::None, Leaf::Tensor)).collect())
    }

    fn run_tensors(&self, tensors: &[&Tensor]) -> Result<Vec<Option<Tensor>>, AotiError> {
        let shared = self.package.read().unwrap_or_else(PoisonError::into_inner);
        let outputs = if shared.is_single_threaded() {
            drop(shared);
            self.package.write().unwrap_or_else(PoisonError::into_inner).run_alone(tensors)
        } else {
            shared.run(tensors)
        };
        outputs.map_err(|error| AotiError::Run { message: message(error) })
    }

    /// The structure of the inputs, `(args, kwargs)`.
    pub fn in_spec(&self) -> &TreeSpec {
        &self.in_spec
    }

    /// The structure of the outputs.
    pub fn out_spec(&self) -> &TreeSpec {
        &self.out_spec
    }

    /// What the compiler wrote about the model (`get_metadata()`): `AOTI_DEVICE_KEY`, and the entries of
    /// `aot_inductor.metadata`.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// The names of the parameters, buffers and constants that the code reads (`get_constant_fqns()`), in alphabetical order.
    /// Small ones may be part of the code and are not among them.
    ///
    /// # Errors
    /// [`AotiError::Constants`] when the code does not know them.
    pub fn constant_fqns(&self) -> Result<Vec<String>, AotiError> {
        let package = self.package.read().unwrap_or_else(PoisonError::into_inner);
        let mut names = package.constants().map_err(|error| AotiError::Constants { message: message(error) })?;
        names.sort();
        Ok(names)
    }

    /// Copies values into constants (`load_constants`), from any device. `check_full_update`: all constants must be given.
    ///
    /// Values that are part of the code do not change with them, so a model whose constants are replaced should be compiled
    /// with `aot_inductor.use_runtime_constant_folding`.
    ///
    /// # Errors
    /// [`AotiError::Constants`] when a name is unknown or missing, or when sizes or element types differ. Then nothing is
    /// changed.
    pub fn load_constants(&self, values: &[(String, Tensor)], check_full_update: bool) -> Result<(), AotiError> {
        let mut package = self.package.write().unwrap_or_else(PoisonError::into_inner);
        let loaded = package.load_constants(values, check_full_update);
        loaded.map_err(|error| AotiError::Constants { message: message(error) })
    }
}

/// The model of this name; without a name the only one, or the one with Python's default name.
fn choose(path: &Path, archive: &Archive, name: Option<&str>) -> Result<CompiledModel, AotiError> {
    const DEFAULT: &str = "model";
    let models = archive.compiled_models();
    let chosen = match (name, models) {
        (Some(name), _) => Some(name),
        (None, [only]) => Some(only.as_str()),
        (None, models) => models.iter().map(String::as_str).find(|model| *model == DEFAULT),
    };
    let model = chosen.map(|name| archive.compiled_model(name)).transpose()?.flatten();
    model.ok_or_else(|| AotiError::NoModel {
        path: path.to_owned(),
        name: name.map(str::to_owned),
        models: models.to_vec(),
        programs: archive.programs().to_vec(),
    })
}

/// The index of a device of the type for which the model was compiled.
fn device_index(model: &CompiledModel, wanted: Option<Device>) -> Result<i32, AotiError> {
    const CURRENT: i32 = -1;
    let Some(wanted) = wanted else { return Ok(CURRENT) };
    let (kind, index) = match wanted {
        Device::Cpu => ("cpu", CURRENT),
        Device::Cuda(index) => ("cuda", i32::try_from(index).unwrap_or(CURRENT)),
        Device::Mps => ("mps", CURRENT),
        Device::Vulkan => ("vulkan", CURRENT),
    };
    match model.device() {
        Some(expected) if expected != kind => {
            Err(AotiError::Device { expected: expected.to_owned(), found: kind.to_owned() })
        }
        _ => Ok(index),
    }
}

fn message(error: ShimError) -> String {
    match error {
        ShimError::Torch(message) => first_line(&message),
        ShimError::NoSuchOp => "no such op".to_owned(),
        ShimError::BadArgument { expected, .. } => expected,
    }
}
