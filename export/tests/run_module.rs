//! Modules: their state, sessions, training, threads, and how arguments are bound.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::Arc;
use tch::nn::{self, Module as _, OptimizerConfig};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;
use torch_export::pytree::{Key, Leaf, Tch, Value};
use torch_export::{CallError, InputMismatch, ModuleOptions, ProgramModule};

fn randn(sizes: &[i64]) -> Tensor {
    Tensor::randn(sizes, (Kind::Float, Device::Cpu))
}

/// Counts its calls in a buffer, and adds up what it sees in another one on the same memory.
struct Counter {
    weights: nn::VarStore,
    layer: nn::Linear,
    both: Tensor,
    count: Tensor,
    sum: Tensor,
}

impl Counter {
    fn new() -> Self {
        let weights = nn::VarStore::new(Device::Cpu);
        let layer = nn::linear(weights.root() / "layer", 3, 2, nn::LinearConfig::default());
        let both = Tensor::zeros([3], (Kind::Float, Device::Cpu));
        let (count, sum) = (both.narrow(0, 0, 1), both.narrow(0, 1, 2));
        Counter { weights, layer, both, count, sum }
    }

    fn program(&self) -> ExportedProgram {
        let sets = [Counter::args(randn(&[2, 3])), Counter::args(randn(&[5, 3]))];
        let inputs = ModelInputs::new(self, sets).unwrap();
        let export = Export::new(self, &inputs).dynamic_shapes(&inputs.guess_dynamic_shapes().unwrap());
        let export = export.parameters(&self.weights).buffer("both", &self.both);
        export.buffer("count", &self.count).buffer("sum", &self.sum).run().unwrap()
    }
}

#[module]
impl Counter {
    fn forward(&self, x: &Tensor) -> Tensor {
        let y = self.layer.forward(x);
        let mut count = self.count.shallow_clone();
        count += 1.0;
        let mut sum = self.sum.shallow_clone();
        sum += y.sum_dim_intlist([0].as_slice(), false, Kind::Float).detach();
        y + &count
    }
}

fn count(module: &ProgramModule) -> f64 {
    module.tensor("count").unwrap().double_value(&[0])
}

#[test]
fn buffers_on_one_memory_stay_on_one_memory() {
    let module = Counter::new().program().module().unwrap();
    let y: Tensor = module.call(&Counter::args(randn(&[4, 3]))).unwrap();
    assert_eq!(y.size(), [4, 2]);
    let both = module.tensor("both").unwrap();
    assert_eq!(both.double_value(&[0]), 1.0);
    assert_eq!(both.double_value(&[1]), module.tensor("sum").unwrap().double_value(&[0]));
    let mut count_handle = module.tensor("count").unwrap();
    count_handle.copy_(&Tensor::from(7.0f32).reshape([1]));
    let _: Tensor = module.call(&Counter::args(randn(&[4, 3]))).unwrap();
    assert_eq!(module.tensor("both").unwrap().double_value(&[0]), 8.0);
}

#[test]
fn a_session_has_its_own_buffers_and_shares_the_rest() {
    let module = Counter::new().program().module().unwrap();
    let _: Tensor = module.call(&Counter::args(randn(&[2, 3]))).unwrap();
    let session = module.session().unwrap();
    for _ in 0..3 {
        let _: Tensor = session.call(&Counter::args(randn(&[2, 3]))).unwrap();
    }
    assert_eq!((count(&module), count(&session)), (1.0, 4.0));
    assert_eq!(session.tensor("both").unwrap().double_value(&[0]), 4.0);
    let address = |module: &ProgramModule, name: &str| module.tensor(name).unwrap().data_ptr();
    assert_eq!(address(&module, "layer.weight"), address(&session, "layer.weight"));
    assert_ne!(address(&module, "both"), address(&session, "both"));
}

/// A layer whose op writes to its statistics while training, which its schema does not say.
struct Norm {
    statistics: [Tensor; 2],
    train: bool,
    per_instance: bool,
}

#[module]
impl Norm {
    fn forward(&self, x: &Tensor) -> Tensor {
        let [mean, var] = self.statistics.each_ref().map(Some);
        if self.per_instance {
            return x.instance_norm(None, None, mean, var, self.train, 0.1, 1e-5, false);
        }
        x.batch_norm(None, None, mean, var, self.train, 0.1, 1e-5, false)
    }
}

#[test]
fn statistics_of_a_training_program_are_state() {
    for (train, per_instance) in [(true, false), (true, true), (false, false), (false, true)] {
        let ones = |value: f64| Tensor::full([3], value, (Kind::Float, Device::Cpu));
        let model = Norm { statistics: [ones(0.0), ones(1.0)], train, per_instance };
        let inputs = ModelInputs::new(&model, [Norm::args(randn(&[4, 3, 5]))]).unwrap();
        let [mean, var] = &model.statistics;
        let export = Export::new(&model, &inputs).buffer("mean", mean).buffer("var", var);
        let module = export.run().unwrap().module().unwrap();
        let session = module.session().unwrap();
        let _: Tensor = session.call(&Norm::args(randn(&[4, 3, 5]) + 7.0)).unwrap();
        let read = |module: &ProgramModule| module.tensor("mean").unwrap().double_value(&[0]);
        assert_eq!(read(&module), 0.0, "{train} {per_instance}");
        assert_eq!(read(&session) > 0.5, train, "{train} {per_instance}");
        // What no call writes to is shared.
        let address = |module: &ProgramModule| module.tensor("mean").unwrap().data_ptr();
        assert_eq!(address(&module) == address(&session), !train, "{train} {per_instance}");
    }
}

#[test]
fn the_state_is_read_and_written() {
    let model = Counter::new();
    let mut program = model.program();
    let module = program.module().unwrap();
    let names: Vec<String> = module.state_dict().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["layer.weight", "layer.bias", "both", "count", "sum"]);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.safetensors");
    let other = Counter::new().program().module().unwrap();
    Tensor::write_safetensors(&other.state_dict(), &file).unwrap();
    module.load_state_dict(&Tensor::read_safetensors(&file).unwrap()).unwrap();
    let x = Counter::args(randn(&[4, 3]));
    let (a, b): (Tensor, Tensor) = (module.call(&x).unwrap(), other.call(&x).unwrap());
    assert!(a.allclose(&b, 0.0, 0.0, false));

    // What it writes into a program, the program keeps, in a file as well.
    module.update(&mut program).unwrap();
    let path = folder.path().join("updated.pt2");
    program.save(&path).unwrap();
    let again = ExportedProgram::load(&path).unwrap().module().unwrap();
    assert_eq!(count(&again), 1.0);
    let (a, b): (Tensor, Tensor) = (module.call(&x).unwrap(), again.call(&x).unwrap());
    assert!(a.allclose(&b, 0.0, 0.0, false));
    // The buffers are still on one memory.
    assert_eq!(again.tensor("both").unwrap().double_value(&[0]), 2.0);
}

#[test]
fn a_state_that_does_not_fit_changes_nothing() {
    let module = Counter::new().program().module().unwrap();
    let refused = |change: fn(&mut Vec<(String, Tensor)>)| {
        let mut values: Vec<(String, Tensor)> =
            module.state_dict().into_iter().map(|(name, tensor)| (name, tensor.copy() + 1)).collect();
        change(&mut values);
        let before = module.tensor("layer.bias").unwrap().copy();
        let error = module.load_state_dict(&values).unwrap_err().to_string();
        assert_eq!(before, module.tensor("layer.bias").unwrap());
        error
    };
    let error = refused(|values| values.retain(|(name, _)| name != "count"));
    assert_eq!(error, "Error(s) in loading state_dict: Missing key(s) in state_dict: \"count\".");
    let error = refused(|values| values.push(("scale".to_owned(), Tensor::from(1.0))));
    assert_eq!(error, "Error(s) in loading state_dict: Unexpected key(s) in state_dict: \"scale\".");
    let error = refused(|values| values[0].1 = Tensor::zeros([2, 4], (Kind::Float, Device::Cpu)));
    assert_eq!(
        error,
        "Error(s) in loading state_dict: size mismatch for layer.weight: copying a param with shape torch.Size([2, 4]) \
         from checkpoint, the shape in current model is torch.Size([2, 3])."
    );
}

#[test]
fn outputs_are_ordinary_tensors() {
    let module = Counter::new().program().module().unwrap();
    let mut y: Tensor = module.call(&Counter::args(randn(&[2, 3]))).unwrap();
    // Neither is possible with a tensor of inference mode.
    y += 1.0;
    let w = randn(&[2]).set_requires_grad(true);
    (y * &w).sum(Kind::Float).backward();
    assert!(w.grad().defined());
}

/// An output that is a parameter, an input, a view of an input, and a new tensor twice.
struct Aliases {
    weight: Tensor,
}

#[module]
impl Aliases {
    fn forward(&self, x: &Tensor) -> (Tensor, Tensor, Tensor, Tensor, Tensor) {
        let y = x + &self.weight;
        (self.weight.shallow_clone(), x.shallow_clone(), x.view([-1]), y.shallow_clone(), y)
    }
}

#[test]
fn outputs_share_memory_as_in_torch() {
    let model = Aliases { weight: randn(&[3]) };
    let inputs = ModelInputs::new(&model, [Aliases::args(randn(&[3]))]).unwrap();
    let program = Export::new(&model, &inputs).parameter("weight", &model.weight).run().unwrap();
    let module = program.module().unwrap();
    let x = randn(&[3]);
    let (weight, same, view, first, second): (Tensor, Tensor, Tensor, Tensor, Tensor) =
        module.call(&Aliases::args(x.shallow_clone())).unwrap();
    assert_eq!(weight.data_ptr(), module.tensor("weight").unwrap().data_ptr());
    assert_eq!((same.data_ptr(), view.data_ptr()), (x.data_ptr(), x.data_ptr()));
    assert_eq!(first.data_ptr(), second.data_ptr());
    // A later call finds the weight where it was.
    let _: (Tensor, Tensor, Tensor, Tensor, Tensor) = module.call(&Aliases::args(x)).unwrap();
}

#[test]
fn a_loaded_program_is_trained() {
    let model = Counter::new();
    let bytes = model.program().to_bytes().unwrap();
    let mut program = ExportedProgram::read(bytes).unwrap();
    let store = nn::VarStore::new(Device::Cpu);
    let module = program.module().unwrap().trainable(&store).unwrap();
    let mut names: Vec<String> = store.variables().into_keys().collect();
    names.sort();
    assert_eq!(names, ["layer.bias", "layer.weight"]);
    let x = randn(&[16, 3]);
    let loss = || {
        module.load_state_dict(&reset(&module)).unwrap();
        let y: Tensor = module.call(&Counter::args(x.shallow_clone())).unwrap();
        (y - 1.0 - x.narrow(1, 0, 2)).square().mean(Kind::Float)
    };
    let mut optimizer = nn::Adam::default().build(&store, 0.1).unwrap();
    let before = loss().double_value(&[]);
    for _ in 0..150 {
        optimizer.backward_step(&loss());
    }
    let after = loss().double_value(&[]);
    assert!(after < before / 100.0, "from {before} to {after}");
    module.update(&mut program).unwrap();
    let weight = program.module().unwrap().tensor("layer.weight").unwrap();
    assert!(weight.allclose(&store.variables()["layer.weight"], 0.0, 0.0, false));
    // The names are taken now.
    let error = program.module().unwrap().trainable(&store).unwrap_err();
    assert!(error.to_string().contains("the store has a variable"), "{error}");
}

/// The state with its buffers at zero.
fn reset(module: &ProgramModule) -> Vec<(String, Tensor)> {
    let zero = |(name, tensor): (String, Tensor)| {
        let buffer = !name.starts_with("layer");
        (name, if buffer { tensor.zeros_like() } else { tensor.detach().copy() })
    };
    module.state_dict().into_iter().map(zero).collect()
}

#[test]
fn gradients_are_those_of_the_model() {
    let model = Counter::new();
    let program = model.program();
    let options = ModuleOptions::new().gradients();
    let module = program.module_with(&options).unwrap();
    let x = randn(&[4, 3]).set_requires_grad(true);
    let y: Tensor = module.call(&Counter::args(x.shallow_clone())).unwrap();
    y.square().sum(Kind::Float).backward();
    let (of_x, of_weight) = (x.grad().copy(), module.tensor("layer.weight").unwrap().grad());

    let mut again = x.detach().set_requires_grad(true);
    again.zero_grad();
    let mut both = model.both.shallow_clone();
    let _ = both.zero_();
    let y = model.call(&Counter::args(again.shallow_clone())).unwrap();
    y.square().sum(Kind::Float).backward();
    assert!(of_x.allclose(&again.grad(), 1e-6, 1e-6, false));
    assert!(of_weight.allclose(&model.weights.variables()["layer.weight"].grad(), 1e-6, 1e-6, false));

    // Without the option, and under no_grad, there are none.
    let y: Tensor = program.module().unwrap().call(&Counter::args(x.shallow_clone())).unwrap();
    assert!(!y.requires_grad());
    let y: Tensor = tch::no_grad(|| module.call(&Counter::args(x))).unwrap();
    assert!(!y.requires_grad());
}

/// A parameter and a counter of calls on one memory.
struct Beside {
    weights: nn::VarStore,
    weight: Tensor,
    count: Tensor,
}

#[module]
impl Beside {
    fn forward(&self, x: &Tensor) -> Tensor {
        let mut count = self.count.shallow_clone();
        count += 1.0;
        x * &self.weight
    }
}

#[test]
fn a_copied_parameter_of_a_session_requires_gradients_as_before() {
    let weights = nn::VarStore::new(Device::Cpu);
    let weight = weights.root().ones("weight", &[1]);
    let model = Beside { weights, weight, count: Tensor::ones([2], (Kind::Float, Device::Cpu)) };
    let inputs = ModelInputs::new(&model, [Beside::args(randn(&[3]))]).unwrap();
    let export = Export::new(&model, &inputs).parameters(&model.weights).buffer("count", &model.count);
    let mut program = export.run().unwrap();
    // Python's programs can have both on one memory, which a session has to copy for the counter.
    program.state_dict["weight"].storage = program.state_dict["count"].storage.clone();
    for gradients in [false, true] {
        let options = if gradients { ModuleOptions::new().gradients() } else { ModuleOptions::new() };
        let session = program.module_with(&options).unwrap().session().unwrap();
        assert_eq!(session.tensor("weight").unwrap().requires_grad(), gradients);
        let y: Tensor = session.call(&Beside::args(randn(&[3]))).unwrap();
        assert_eq!(y.requires_grad(), gradients);
    }
}

#[test]
fn a_module_moves_to_a_device() {
    let module = Counter::new().program().module().unwrap();
    let moved = module.to(Device::Cpu).unwrap();
    let x = Counter::args(randn(&[2, 3]));
    let (a, b): (Tensor, Tensor) = (module.call(&x).unwrap(), moved.call(&x).unwrap());
    assert!(a.allclose(&b, 0.0, 0.0, false));
    assert_eq!((count(&module), count(&moved)), (1.0, 1.0));
    assert!(module.to(Device::Mps).is_err());
}

#[test]
fn threads_share_a_module() {
    fn shared<T: Send + Sync>(value: T) -> Arc<T> {
        Arc::new(value)
    }
    let module = shared(Counter::new().program().module().unwrap());
    let bias = module.tensor("layer.bias").unwrap();
    let weight = module.tensor("layer.weight").unwrap();
    let expected = |x: &Tensor| x.linear(&weight, Some(&bias));
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let module = Arc::clone(&module);
            std::thread::spawn(move || {
                let session = module.session().unwrap();
                let before = session.tensor("count").unwrap().double_value(&[0]);
                let mut results = Vec::new();
                for call in 0..50 {
                    let x = randn(&[1 + (thread + call) % 7, 3]);
                    let y: Tensor = session.call(&Counter::args(x.shallow_clone())).unwrap();
                    let calls = session.tensor("count").unwrap().double_value(&[0]);
                    assert_eq!(calls - before, f64::from(i32::try_from(call).unwrap() + 1));
                    results.push((x, y - calls));
                    let _: Tensor = module.call(&Counter::args(randn(&[2, 3]))).unwrap();
                }
                results
            })
        })
        .collect();
    for thread in threads {
        for (x, y) in thread.join().unwrap() {
            // A session starts with the count of the module, and floats of some hundreds are exact to 3e-5 only.
            assert!(y.allclose(&expected(&x), 1e-5, 2e-4, false));
        }
    }
    // The calls of the shared module took turns, so that no count is lost.
    assert_eq!(count(&module), 400.0);
}

struct Two;

#[module]
impl Two {
    fn forward(&self, x: &Tensor, y: &Tensor, scale: f64) -> Tensor {
        x * scale - y
    }
}

fn named(positional: Vec<Value<Tch>>, named: Vec<(&'static str, Value<Tch>)>) -> Value<Tch> {
    Value::tuple([Value::tuple(positional), Value::dict(named.into_iter().map(|(k, v)| (Key::from(k), v)))])
}

#[test]
fn arguments_are_bound_by_position_and_by_name() {
    let sets = [Two::args(randn(&[2, 3])).y(randn(&[2, 3])).scale(2.0)];
    let inputs = ModelInputs::new(&Two, sets).unwrap();
    let program = Export::new(&Two, &inputs).run().unwrap();
    let module = program.module().unwrap();
    let (x, y) = (randn(&[2, 3]), randn(&[2, 3]));
    let tensor = |t: &Tensor| Value::<Tch>::tensor(t.shallow_clone());
    let scale = || Value::Leaf(Leaf::Float(2.0));
    let expected = &x * 2.0 - &y;
    let forms = [
        named(vec![tensor(&x)], vec![("y", tensor(&y)), ("scale", scale())]),
        named(vec![tensor(&x)], vec![("scale", scale()), ("y", tensor(&y))]),
        named(vec![tensor(&x), tensor(&y), scale()], vec![]),
        named(vec![tensor(&x), tensor(&y)], vec![("scale", scale())]),
        named(vec![], vec![("scale", scale()), ("y", tensor(&y)), ("x", tensor(&x))]),
    ];
    for form in &forms {
        let got: Tensor = module.call(form).unwrap();
        assert!(got.allclose(&expected, 0.0, 0.0, false));
    }

    let error = |form: Value<Tch>| module.call::<_, Tensor>(&form).unwrap_err().to_string();
    let keywords = "Ran into a kwarg keyword mismatch: Got the following keywords ";
    assert_eq!(
        error(named(vec![tensor(&x)], vec![("z", tensor(&y)), ("scale", scale())])),
        format!("{keywords}['z', 'scale'] but expected ['y', 'scale']: The parameter `y` is not given.")
    );
    assert_eq!(
        error(named(vec![tensor(&x), tensor(&y)], vec![("y", tensor(&y)), ("scale", scale())])),
        "the arguments do not fit the program: The parameter `y` is given twice."
    );
    assert_eq!(
        error(named(vec![tensor(&x), tensor(&y), scale(), scale()], vec![])),
        format!("{keywords}[] but expected ['y', 'scale']: There are 1 positional arguments too many.")
    );
    let list = Value::list([tensor(&y)]);
    let nested = error(named(vec![tensor(&x)], vec![("y", list), ("scale", scale())]));
    assert!(nested.contains("The parameter `y` has another structure: "), "{nested}");
    let bare = error(Value::tuple([tensor(&x), tensor(&y)]));
    assert!(
        bare.contains("or a pair `((x, y), kwargs)`, where `kwargs` is a struct with `#[pytree(as = \"dict\")]`"),
        "{bare}"
    );
}

/// An input that may leave out a field.
#[derive(PyTree)]
struct Batch {
    ids: Tensor,
    mask: Option<Tensor>,
}

struct Masked;

#[module]
impl Masked {
    fn forward(&self, batch: &Batch) -> Tensor {
        batch.mask.as_ref().map_or_else(|| &batch.ids * 2, |mask| &batch.ids * mask)
    }
}

#[test]
fn a_field_that_is_left_out_is_named() {
    let batch = |mask: bool| Masked::args(Batch { ids: randn(&[2, 3]), mask: mask.then(|| randn(&[2, 3])) });
    for (with, text) in [
        (true, "Here `mask` is None or left out, and was not when the program was exported."),
        (false, "When the program was exported, `mask` was None or left out."),
    ] {
        let inputs = ModelInputs::new(&Masked, [batch(with)]).unwrap();
        let program = Export::new(&Masked, &inputs).run().unwrap();
        let error = program.call::<_, Tensor>(&batch(!with)).unwrap_err().to_string();
        assert!(error.contains("The parameter `batch` has another structure") && error.ends_with(text), "{error}");
    }
}

#[test]
fn inputs_that_do_not_fit_are_refused_by_name() {
    let set = |rows| Two::args(randn(&[rows, 3])).y(randn(&[rows, 3])).scale(2.0);
    let sets = [set(2), set(4)];
    let inputs = ModelInputs::new(&Two, sets).unwrap();
    let program = export(&Two, &inputs, &inputs.guess_dynamic_shapes().unwrap()).unwrap();
    let module = program.module().unwrap();
    let error =
        |x: Tensor, y: Tensor, scale: f64| module.call::<_, Tensor>(&Two::args(x).y(y).scale(scale)).unwrap_err();
    let text = error(randn(&[2, 4]), randn(&[2, 3]), 2.0).to_string();
    assert!(text.starts_with("Expected input at `x.shape[1]` to be equal to 3, but got 4"), "{text}");
    let text = error(randn(&[2, 3]), randn(&[3, 3]), 2.0).to_string();
    assert_eq!(text, "Expected input at `y.shape[0]` to be equal to 2, but got 3");
    let text = error(randn(&[2, 3]), randn(&[2, 3]), 3.0).to_string();
    assert_eq!(text, "Expected input at `scale` to be equal to 2.0, but got 3.0");
    let CallError::Inputs(mismatch) = error(randn(&[2, 4]), randn(&[2, 3]), 2.0) else { panic!("the inputs differ") };
    assert!(mismatch.pytorch().starts_with("Expected input at *args[0].shape[1] to be equal to 3, but got 4"));
    let wide = error(randn(&[2, 3]).to_kind(Kind::Double), randn(&[2, 3]), 2.0);
    assert!(matches!(wide, CallError::Inputs(InputMismatch::DType { .. })), "{wide}");
    let undefined = error(Tensor::new(), randn(&[2, 3]), 2.0);
    assert!(matches!(undefined, CallError::Inputs(InputMismatch::Rank { .. } | InputMismatch::Undefined { .. })));

    // As in PyTorch, a loaded program takes other element types, unless it is told to check them.
    let loaded = ExportedProgram::read(program.to_bytes().unwrap()).unwrap();
    let call = Two::args(randn(&[2, 3]).to_kind(Kind::Double)).y(randn(&[2, 3])).scale(2.0);
    let y: Tensor = loaded.module().unwrap().call(&call).unwrap();
    assert_eq!(y.kind(), Kind::Double);
    let strict = loaded.module_with(&ModuleOptions::new().check_element_types(true)).unwrap();
    assert!(matches!(strict.call::<_, Tensor>(&call), Err(CallError::Inputs(InputMismatch::DType { .. }))));
}

/// The memory of this process in bytes, where the system tells.
fn resident() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(text.split(' ').nth(1)?.parse::<usize>().ok()? * 4096)
}

#[test]
fn calls_lose_no_memory() {
    let module = Counter::new().program().module().unwrap();
    let (good, bad) = (Counter::args(randn(&[4, 3])), Counter::args(randn(&[4, 4])));
    let wide = Value::tuple([
        Value::tuple([Value::<Tch>::tensor(randn(&[4, 3]).to_kind(Kind::Double))]),
        Value::dict::<&str>([]),
    ]);
    let loose = ModuleOptions::new().check_element_types(false);
    let failing = Counter::new().program().module_with(&loose).unwrap();
    let calls = |count| {
        for _ in 0..count {
            let _: Tensor = module.call(&good).unwrap();
            assert!(module.call::<_, Tensor>(&bad).is_err());
            // An op fails in the middle of the call.
            assert!(matches!(failing.call::<_, Tensor>(&wide), Err(CallError::Op { .. })));
        }
    };
    calls(500);
    // Other tests of this process take memory meanwhile, but not in each of the rounds.
    let grown = (0..4).filter_map(|_| {
        let before = resident()?;
        calls(5_000);
        Some(resident()?.saturating_sub(before))
    });
    // Each call handles several tensors, so that one lost handle of a call would be megabytes.
    let Some(least) = grown.min() else { return };
    assert!(least < 1 << 20, "{least} bytes");
}
