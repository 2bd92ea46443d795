//! Models that have no `#[module]` of their own, and forwards that return an error.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

mod capture_support;

use capture_support::{F, dims, fixed, guessed, randn, refused, same};
use std::error::Error;
use tch::nn::{self, Module as _, ModuleT, RNN, VarStore};
use tch::{CModule, Device, TchError, Tensor, TrainableCModule};
use torch_export::ExportError;
use torch_export::nn::{Layer, Script, ScriptError};
use torch_export::prelude::*;
use torch_export::pytree::{Leaf, Tch, Value};

const SEQUENTIAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/sequential.pt");
const STATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/state.pt");

/// Exports a layer with the variables of a store, and compares the program with it.
fn exports_layer(model: Layer<'_>, store: &VarStore, width: i64) -> ExportedProgram {
    let x = |rows| Layer::args(randn(&[rows, width]));
    let inputs = ModelInputs::new(&model, [x(2), x(5)]).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    let program = Export::new(&model, &inputs).dynamic_shapes(&shapes).parameters(store).run().unwrap();
    same(&model, &program, [x(7), x(1)]);
    program
}

#[test]
fn layers_of_tch_are_models() {
    let store = VarStore::new(Device::Cpu);
    let root = store.root();
    let linear = nn::linear(&root / "linear", 4, 4, Default::default());
    let func = nn::func(|xs| xs.relu() * 2.0);
    let sequential = nn::seq().add(nn::linear(&root / "in_sequence", 4, 4, Default::default())).add_fn(|xs| xs.tanh());
    for layer in [Layer::new(&linear), Layer::new(&func), Layer::new(&sequential), Layer::eval(&linear)] {
        exports_layer(layer, &store, 4);
    }
    let norm = nn::batch_norm1d(&root / "norm", 4, Default::default());
    let func_t = nn::func_t(|xs, train| if train { xs * 2.0 } else { xs * 3.0 });
    let boxed: Box<dyn ModuleT> = Box::new(nn::seq_t().add(nn::Id()).add_fn_t(|xs, train| xs.dropout(0.5, train)));
    for layer in [&norm as &dyn ModuleT, &func_t, boxed.as_ref()] {
        exports_layer(Layer::eval(layer), &store, 4);
    }
    // A layer that is made where it is used.
    let network: Box<dyn nn::Module> = Box::new(nn::seq().add(linear));
    let program = exports_layer(Layer::new(network.as_ref()), &store, 4);
    assert!(program.to_string().contains(r#"xs: "f32["#), "{program}");
}

#[test]
fn the_mode_of_a_layer_is_that_of_its_program() {
    let store = VarStore::new(Device::Cpu);
    let func_t = nn::func_t(|xs, train| if train { xs * 2.0 } else { xs * 3.0 });
    let trained = exports_layer(Layer::train(&func_t), &store, 4).to_string();
    assert!(trained.contains("mul.Tensor(xs, 2.0)"), "{trained}");
    let norm = nn::batch_norm1d(store.root() / "norm", 4, Default::default());
    let model = Layer::train(&norm);
    let x = |rows| Layer::args(randn(&[rows, 4]));
    let inputs = ModelInputs::new(&model, [x(2), x(5)]).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    let program = Export::new(&model, &inputs).dynamic_shapes(&shapes).parameters(&store).run().unwrap();
    let module = program.module().unwrap();
    let mean = || module.state_dict().into_iter().find(|(name, _)| name == "norm.running_mean").unwrap().1.copy();
    let before = mean();
    let _: Tensor = module.call(&x(9)).unwrap();
    assert!(!before.equal(&mean()), "batch norm updates its statistics in training");
}

#[test]
fn torchscript_modules_are_models_with_their_parameters() {
    let module = CModule::load(SEQUENTIAL).unwrap();
    let model = Script::new(&module);
    let x = |rows| Script::kwargs().inputs([randn(&[rows, 3]).into()]);
    let inputs = ModelInputs::new(&model, [x(2), x(5)]).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    let program = Export::new(&model, &inputs).dynamic_shapes(&shapes).script_module(&module).run().unwrap();
    assert_eq!(program.state_dict.len(), 4);
    same(&model, &program, [x(7)]);

    let store = VarStore::new(Device::Cpu);
    let module = TrainableCModule::load(SEQUENTIAL, store.root()).unwrap();
    exports_layer(Layer::eval(&module), &store, 3);
}

#[test]
fn torchscript_modules_take_and_return_trees() {
    let module = CModule::load(STATE).unwrap();
    let model = Script::new(&module);
    let call = |rows: i64| {
        let tensor = |width| Value::<Tch>::tensor(randn(&[rows, width]));
        let names = Value::list([Leaf::Str("a".into()).into(), Leaf::Str("b".into()).into()]);
        Script::kwargs().inputs([
            tensor(4),
            Value::tuple([tensor(3), tensor(2)]),
            Value::dict([("bias", tensor(3))]),
            Leaf::Float(2.5).into(),
            names,
        ])
    };
    let inputs = ModelInputs::new(&model, [call(2), call(5)]).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    let program = Export::new(&model, &inputs).dynamic_shapes(&shapes).script_module(&module).run().unwrap();
    assert_eq!(program.state_dict.keys().collect::<Vec<_>>(), ["linear.weight", "linear.bias"]);
    let paths: Vec<String> = program.out_spec.leaf_paths().map(|path| path.to_string()).collect();
    assert_eq!(paths, ["[0]['h']", "[0]['bias']", "[1][0]", "[1][1]", "[2][0]", "[2][1]", "[3]"]);
    same(&model, &program, [call(7), call(3)]);

    let wrong = Script::kwargs().inputs([Leaf::Int(1).into()]);
    let inputs = ModelInputs::new(&model, [wrong]).unwrap();
    let ExportError::Model(error) = refused(Export::new(&model, &inputs).run()) else { panic!("another error") };
    assert!(matches!(error.downcast_ref(), Some(ScriptError::Torch(_))), "{error}");
    let wrong =
        Script::kwargs().inputs([Value::Node(torch_export::pytree::Context::Deque { maxlen: None }, Vec::new())]);
    let inputs = ModelInputs::new(&model, [wrong]).unwrap();
    let error = refused(Export::new(&model, &inputs).run()).to_string();
    assert!(
        error.contains("TorchScript takes tensors, numbers, text, lists, tuples and dicts, not a deque"),
        "{error}"
    );
}

struct Recurrent {
    lstm: nn::LSTM,
    gru: nn::GRU,
}

#[module]
impl Recurrent {
    fn forward(&self, x: &Tensor, lstm: &nn::LSTMState, #[returned] gru: &mut nn::GRUState) -> (Tensor, nn::LSTMState) {
        let (y, next) = self.lstm.seq_init(x, lstm);
        let (z, state) = self.gru.seq_init(x, gru);
        *gru = state;
        (y + z, next)
    }
}

#[test]
fn states_of_recurrent_layers_are_trees() {
    let store = VarStore::new(Device::Cpu);
    let root = store.root();
    let model = Recurrent {
        lstm: nn::lstm(&root / "lstm", 3, 4, Default::default()),
        gru: nn::gru(&root / "gru", 3, 4, Default::default()),
    };
    let call = |batch| {
        let state = || randn(&[1, batch, 4]);
        Recurrent::args((randn(&[batch, 5, 3]), nn::LSTMState((state(), state())), nn::GRUState(state())))
    };
    let inputs = ModelInputs::new(&model, [call(2), call(3)]).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    let program = Export::new(&model, &inputs).dynamic_shapes(&shapes).parameters(&store).run().unwrap();
    let paths: Vec<String> = program.in_spec.leaf_paths().map(|path| path.to_string()).collect();
    assert_eq!(paths, ["[0][0]", "[0][1][0]", "[0][1][1]", "[0][2]"]);
    let paths: Vec<String> = program.out_spec.leaf_paths().map(|path| path.to_string()).collect();
    assert_eq!(paths, ["[0][0]", "[0][1][0]", "[0][1][1]", "[1]"]);
    same(&model, &program, [call(4), call(7)]);
}

struct Net {
    layer: nn::Linear,
}

impl std::fmt::Debug for Net {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Net")
    }
}

#[module(forward = forward_t)]
impl ModuleT for Net {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        self.layer.forward(xs).dropout(0.5, train)
    }
}

#[test]
fn the_method_of_a_trait_of_tch_is_exported() {
    let store = VarStore::new(Device::Cpu);
    let model = Net { layer: nn::linear(store.root(), 3, 2, Default::default()) };
    let x = |rows| Net::args((randn(&[rows, 3]), false));
    let inputs = ModelInputs::new(&model, [x(2), x(5)]).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    let program = Export::new(&model, &inputs).dynamic_shapes(&shapes).parameters(&store).run().unwrap();
    same(&model, &program, [x(7)]);
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{0} rows are more than the table has")]
struct TooLong(i64);

struct Table {
    rows: Tensor,
}

#[module]
impl Table {
    fn forward(&self, x: &Tensor) -> Result<Tensor, Box<dyn Error + Send + Sync>> {
        let rows = x.size()[0];
        if rows > 16 {
            return Err(Box::new(TooLong(rows)));
        }
        Ok(x.f_add(&self.rows.f_narrow(0, 0, rows)?)?)
    }
}

#[test]
fn an_error_of_the_forward_is_an_error_of_the_export() {
    let model = Table { rows: randn(&[16, 2]) };
    let export = |rows: i64| fixed(&model, Table::args(randn(&[rows, 2])));
    let ExportError::Model(error) = refused(export(20)) else { panic!("another error") };
    assert_eq!(error.downcast_ref(), Some(&TooLong(20)));
    let error = refused(export(20));
    assert_eq!(error.to_string(), "the forward returned an error: 20 rows are more than the table has");
    assert!(error.source().is_some_and(|source| source.is::<TooLong>()));
    // An op that fails, and whose error the forward returns.
    let error = refused(fixed(&model, Table::args(randn(&[3, 5]))));
    assert!(matches!(&error, ExportError::Model(error) if error.is::<TchError>()), "{error}");
}

#[test]
fn sizes_at_which_the_forward_returns_an_error_are_refused_by_the_program() {
    let model = Table { rows: randn(&[16, 2]) };
    let program = guessed(&model, [Table::args(randn(&[3, 2])), Table::args(randn(&[5, 2]))]).unwrap();
    same(&model, &program, [Table::args(randn(&[16, 2])), Table::args(randn(&[1, 2]))]);
    let error = program.call::<_, Tensor>(&Table::args(randn(&[17, 2]))).unwrap_err().to_string();
    assert!(error.contains("16"), "{error}");
    let text = program.to_string();
    assert!(text.contains("VR[2, 16]"), "{text}");

    // A dimension that is said to go further is not what the model allows.
    let inputs = ModelInputs::new(&model, [Table::args(Tensor::ones([3, 2], F))]).unwrap();
    let shapes = dims(&[&[(0, Dim::with_range("rows", 1, Some(40)).unwrap())]]);
    let error = refused(Export::new(&model, &inputs).dynamic_shapes(&shapes).run()).to_string();
    assert!(error.contains("rows"), "{error}");
}
