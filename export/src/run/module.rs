//! A program that can be called.

use super::bind::{bind, structure};
use super::check::InputChecks;
use super::plan::{Execution, Mode, Plan, compile};
use super::state::State;
use super::{CallError, InputMismatch};
use crate::dispatch::ffi::Frame;
use program::{ExportedProgram, InputKind, Storage};
use pytree_core::{Leaf, LeafRef, OwnedTree, PyTree, Tch, TreeSpec, flatten, leaves_as, unflatten};
use smallvec::SmallVec;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tch::nn::VarStore;
use tch::{Device, Tensor};

/// How [`RunProgram::module_with`](super::RunProgram::module_with) makes a module.
#[derive(Clone, Debug, Default)]
pub struct ModuleOptions {
    device: Option<Device>,
    gradients: bool,
    check_dtypes: Option<bool>,
}

impl ModuleOptions {
    /// As [`RunProgram::module`](super::RunProgram::module) makes it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts the state on this device, and everything that the graph makes (`ep.module().to(device)` and
    /// `torch.export.passes.move_to_device_pass`).
    #[must_use]
    pub fn device(mut self, device: Device) -> Self {
        self.device = Some(device);
        self
    }

    /// Records gradients in calls, where the calling thread does (`tch::no_grad`). Parameters of floats then require them.
    #[must_use]
    pub fn gradients(mut self) -> Self {
        self.gradients = true;
        self
    }

    /// Whether the element types of inputs are checked. PyTorch does not check them, and neither does a program that was
    /// loaded from a file; a new program does.
    #[must_use]
    pub fn check_element_types(mut self, check: bool) -> Self {
        self.check_dtypes = Some(check);
        self
    }
}

/// A program that can be called many times (`ep.module()`). It holds the parameters, buffers and constants as tensors.
///
/// A buffer keeps what a call writes to it, as in PyTorch. The program itself does not change.
///
/// Calls run in libtorch's inference mode and give ordinary tensors; see [`ModuleOptions::gradients`] and
/// [`trainable`](ProgramModule::trainable) for calls with gradients. A module can be called from several threads at once. If
/// the program writes to its state, such calls take turns; [`session`](ProgramModule::session) gives each thread a state of
/// its own.
#[derive(Debug)]
pub struct ProgramModule {
    shared: Arc<Shared>,
    state: State,
    mode: Mode,
    /// Frames that no call uses.
    frames: Mutex<Vec<Frame>>,
    /// Held by a call that may write to the state.
    turn: Mutex<()>,
}

/// What the sessions of a module share.
#[derive(Debug)]
struct Shared {
    /// The program without the bytes of its tensors.
    program: ExportedProgram,
    plan: Plan,
    checks: InputChecks,
    options: ModuleOptions,
}

/// The leaves of a call.
type Leaves<'l> = SmallVec<[LeafRef<'l, Tch>; 16]>;

impl ProgramModule {
    pub(super) fn new(program: &ExportedProgram, options: &ModuleOptions) -> Result<Self, CallError> {
        let mut state = State::of(program, options.device)?;
        if options.gradients {
            state.require_gradients(parameters(program, &state));
        }
        Self::on_state(without_bytes(program), options, state)
    }

    fn on_state(program: ExportedProgram, options: &ModuleOptions, state: State) -> Result<Self, CallError> {
        let device = options.device.map(pytree_core::Device::from);
        let plan = compile(&program, device.as_ref())?;
        let checks = InputChecks::of(&program, options.check_dtypes.unwrap_or(program.origin.is_none()))?;
        let shared = Shared { program, plan, checks, options: options.clone() };
        Ok(Self::of_parts(Arc::new(shared), state))
    }

    fn of_parts(shared: Arc<Shared>, state: State) -> Self {
        let mode = if shared.options.gradients { Mode::Gradients } else { Mode::Inference };
        ProgramModule { shared, state, mode, frames: Mutex::default(), turn: Mutex::default() }
    }

    /// Calls the program with typed inputs and a typed output (`ep.module()(*args, **kwargs)`).
    ///
    /// `inputs` is a call of the model (`Model::args(x).y(y)`) or any tree `(args, kwargs)`. A parameter may be given by
    /// position or by name, whichever way the program was exported. The inputs are checked as in `ep.module()`: structure,
    /// kinds, sizes, ranges, constants and guards.
    ///
    /// [`Value`](pytree_core::Value) is a tree of any structure, for programs that are known only at run time.
    ///
    /// # Errors
    /// [`CallError`] when the inputs do not fit the program, an op fails, or the program does not return an `O`.
    pub fn call<I: PyTree<Tch>, O: OwnedTree<Tch>>(&self, inputs: &I) -> Result<O, CallError> {
        let program = &self.shared.program;
        let mut leaves = Leaves::new();
        if !leaves_as(inputs, &program.in_spec, |leaf| leaves.push(leaf)) {
            let flat = flatten(inputs)?;
            let order = bind(&program.in_spec, &program.argument_names, &flat.spec)?;
            leaves = order.iter().filter_map(|leaf| flat.leaves.get(*leaf).copied()).collect();
        }
        Ok(unflatten(self.run_leaves(&leaves)?, &program.out_spec)?)
    }

    /// Runs the program on flattened inputs, in the order of its `in_spec`, and returns its flattened outputs.
    ///
    /// # Errors
    /// The same as [`call`](ProgramModule::call).
    pub fn run(&self, leaves: Vec<Leaf<Tch>>) -> Result<Vec<Leaf<Tch>>, CallError> {
        let leaves: Leaves<'_> = leaves.iter().map(|leaf| leaf.as_ref()).collect();
        self.run_leaves(&leaves)
    }

    /// The parameters, buffers and constants by name. They share the memory of the module.
    pub(crate) fn tensors(&self) -> impl Iterator<Item = (&str, Tensor)> {
        self.state.iter()
    }

    /// The structure of the outputs.
    pub(crate) fn out_spec(&self) -> &TreeSpec {
        &self.shared.program.out_spec
    }

    /// Whether the program is made for these inputs.
    pub(crate) fn accepts(&self, leaves: &[LeafRef<'_, Tch>]) -> Result<(), CallError> {
        let Shared { checks, program, .. } = &*self.shared;
        if leaves.len() != checks.count() {
            let found = leaves.len();
            return Err(InputMismatch::Count { expected: checks.count(), found }.into());
        }
        checks.check(leaves)?;
        if leaves.len() != program.in_spec.num_leaves() {
            return Err(structure(&program.in_spec, &program.in_spec, "").into());
        }
        Ok(())
    }

    fn run_leaves(&self, leaves: &[LeafRef<'_, Tch>]) -> Result<Vec<Leaf<Tch>>, CallError> {
        self.accepts(leaves)?;
        let Shared { plan, .. } = &*self.shared;
        let _turn = (!plan.written.is_empty()).then(|| lock(&self.turn));
        let mut frame = self.frame()?;
        let outputs = Execution::new(plan, &mut frame, self.mode).run(leaves);
        lock(&self.frames).push(frame);
        outputs
    }

    /// A frame that holds the state.
    fn frame(&self) -> Result<Frame, CallError> {
        if let Some(frame) = lock(&self.frames).pop() {
            return Ok(frame);
        }
        let plan = &self.shared.plan;
        let mut frame = plan.frame().map_err(|source| CallError::op("", source))?;
        for (register, name) in plan.state.iter().enumerate() {
            match self.state.get(name) {
                Some(tensor) => frame.set(register, &tensor),
                None => return Err(CallError::graph(name, "is a tensor that the program does not hold")),
            }
        }
        Ok(frame)
    }

    /// The same module with a state of its own, as it is now. It shares the plan, and the tensors that no call writes to.
    ///
    /// # Errors
    /// [`CallError::Op`] when libtorch cannot copy a tensor.
    pub fn session(&self) -> Result<Self, CallError> {
        let _turn = lock(&self.turn);
        let Shared { plan, .. } = &*self.shared;
        let written: Vec<&str> =
            plan.written.iter().filter_map(|number| plan.state.get(*number).map(String::as_str)).collect();
        let mut state = self.state.with_copies(&written)?;
        // A copy of a parameter is a leaf of its own, which requires gradients as the parameter does.
        let requires = |state: &State, name: &str| state.get(name).is_some_and(|tensor| tensor.requires_grad());
        let names = parameters(&self.shared.program, &state);
        let copied = names.into_iter().filter(|name| requires(&self.state, name) && !requires(&state, name));
        let copied: Vec<String> = copied.collect();
        state.require_gradients(copied);
        Ok(Self::of_parts(Arc::clone(&self.shared), state))
    }

    /// The same module on another device: its state, and everything that the graph makes (`ep.module().to(device)` and
    /// `torch.export.passes.move_to_device_pass`).
    ///
    /// # Errors
    /// [`CallError`] when libtorch does not have the device.
    pub fn to(&self, device: Device) -> Result<Self, CallError> {
        let options = ModuleOptions { device: Some(device), ..self.shared.options.clone() };
        let mut state = self.state.on(device)?;
        if options.gradients {
            state.require_gradients(parameters(&self.shared.program, &state));
        }
        Self::on_state(self.shared.program.clone(), &options, state)
    }

    /// The same module for training: its parameters are variables of `store`, so that an optimizer of tch changes them, and
    /// calls record gradients. It has a state of its own, on the device of the store.
    ///
    /// The names of the variables are those of the parameters. `update` writes the trained values into a program.
    ///
    /// ```
    /// use tch::nn::{self, Module, OptimizerConfig};
    /// use tch::{Device, Kind, Tensor};
    /// use torch_export::prelude::*;
    ///
    /// struct Net(nn::Linear);
    ///
    /// #[module]
    /// impl Net {
    ///     fn forward(&self, x: &Tensor) -> Tensor {
    ///         self.0.forward(x)
    ///     }
    /// }
    ///
    /// let weights = nn::VarStore::new(Device::Cpu);
    /// let net = Net(nn::linear(weights.root(), 3, 1, Default::default()));
    /// let x = Tensor::randn([8, 3], (Kind::Float, Device::Cpu));
    /// let inputs = ModelInputs::new(&net, [Net::args(x.shallow_clone())])?;
    /// let mut program = Export::new(&net, &inputs).parameters(&weights).run()?;
    ///
    /// let store = nn::VarStore::new(Device::Cpu);
    /// let module = program.module()?.trainable(&store)?;
    /// let mut optimizer = nn::Sgd::default().build(&store, 0.1)?;
    /// let loss = || -> Result<Tensor, Box<dyn std::error::Error>> {
    ///     let y: Tensor = module.call(&Net::args(x.shallow_clone()))?;
    ///     Ok(y.square().mean(Kind::Float))
    /// };
    /// let before = loss()?.double_value(&[]);
    /// for _ in 0..20 {
    ///     optimizer.backward_step(&loss()?);
    /// }
    /// assert!(loss()?.double_value(&[]) < before);
    /// module.update(&mut program)?; // `save` writes the trained parameters
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`CallError::State`] when the store has a variable of the same name, [`CallError`] when libtorch cannot move the state.
    pub fn trainable(&self, store: &VarStore) -> Result<Self, CallError> {
        let options = ModuleOptions { gradients: true, device: Some(store.device()), ..self.shared.options.clone() };
        let mut state = self.state.on(store.device())?;
        let names = parameters(&self.shared.program, &state);
        state.require_gradients(names.iter().cloned());
        let taken = {
            let variables = store.variables_.lock().unwrap_or_else(PoisonError::into_inner);
            names.iter().find(|name| variables.named_variables.contains_key(*name)).cloned()
        };
        if let Some(name) = taken {
            return Err(CallError::State { problem: format!("the store has a variable \"{name}\" already.") });
        }
        for name in names {
            let mut path = store.root();
            let mut parts = name.split('.').peekable();
            while let Some(part) = parts.next() {
                if parts.peek().is_some() {
                    path = path.sub(part);
                } else if let Some(tensor) = state.get(&name) {
                    // It is the same tensor, which the state holds already.
                    let _ = path.add(part, tensor, true);
                }
            }
        }
        Self::on_state(self.shared.program.clone(), &options, state)
    }

    /// The parameters and persistent buffers by name (`state_dict()`). They share the memory of the module.
    ///
    /// `Tensor::write_safetensors` writes them to a file.
    pub fn state_dict(&self) -> Vec<(String, Tensor)> {
        let names = self.shared.program.state_dict.keys();
        names.filter_map(|name| Some((name.clone(), self.state.get(name)?))).collect()
    }

    /// A parameter, buffer or constant by name. It shares the memory of the module.
    pub fn tensor(&self, name: &str) -> Option<Tensor> {
        self.state.get(name)
    }

    /// Copies values into the parameters and persistent buffers (`load_state_dict`). The values may be on another device or
    /// of another element type. `Tensor::read_safetensors` reads them from a file.
    ///
    /// # Errors
    /// [`CallError::State`] with PyTorch's message when a name is missing or unknown, or when sizes differ. Then nothing is
    /// changed.
    pub fn load_state_dict(&self, values: &[(String, Tensor)]) -> Result<(), CallError> {
        let _turn = lock(&self.turn);
        let names: Vec<String> = self.shared.program.state_dict.keys().cloned().collect();
        self.state.load(&names, values)
    }

    /// Writes the values of the parameters, buffers and constants into a program, which can then be saved.
    ///
    /// # Errors
    /// [`CallError::State`] when the program has other tensors.
    pub fn update(&self, program: &mut ExportedProgram) -> Result<(), CallError> {
        let _turn = lock(&self.turn);
        self.state.write(program)
    }
}

/// The parameters that can have gradients.
fn parameters(program: &ExportedProgram, state: &State) -> Vec<String> {
    let floats = |name: &String| {
        let kind = state.get(name).and_then(|tensor| tensor.f_kind().ok());
        kind.is_some_and(|kind| {
            use tch::Kind::{BFloat16, ComplexDouble, ComplexFloat, ComplexHalf, Double, Float, Half};
            matches!(kind, Half | BFloat16 | Float | Double | ComplexHalf | ComplexFloat | ComplexDouble)
        })
    };
    let mut names: Vec<String> = Vec::new();
    for spec in &program.signature.inputs {
        if let InputKind::Parameter { name } = &spec.kind
            && floats(name)
            && !names.contains(name)
        {
            names.push(name.clone());
        }
    }
    names
}

/// A program without the bytes of its tensors, which a module holds as tensors.
pub(super) fn without_bytes(program: &ExportedProgram) -> ExportedProgram {
    let mut program = program.clone();
    let empty = Storage::new(Vec::new());
    for data in program.state_dict.values_mut().chain(program.constants.values_mut()) {
        data.storage = empty.clone();
    }
    program.extra_files.clear();
    program
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
