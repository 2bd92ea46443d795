//! Weights that are declared from a tree and from a TorchScript module.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

#[macro_use]
mod capture_support;

use capture_support::{F, randn, refused, same};
use tch::{CModule, Tensor};
use torch_export::ExportError;
use torch_export::prelude::*;

/// The weights of a layer.
#[derive(PyTree)]
struct Layer {
    weight: Tensor,
    bias: Option<Tensor>,
}

/// A model whose weights are a tree.
#[derive(PyTree)]
struct Weights {
    layers: Vec<Layer>,
    scale: Tensor,
    heads: i64,
}

struct Model {
    weights: Weights,
    running: Vec<Tensor>,
}

#[module]
impl Model {
    fn forward(&self, x: &Tensor) -> Tensor {
        let layer = |x: Tensor, layer: &Layer| x.linear(&layer.weight, layer.bias.as_ref());
        self.weights.layers.iter().fold(x.shallow_clone(), layer) * &self.weights.scale + &self.running[0]
    }
}

fn model() -> Model {
    let layer = |bias: bool| Layer { weight: randn(&[3, 3]), bias: bias.then(|| randn(&[3])) };
    let weights = Weights { layers: vec![layer(true), layer(false)], scale: randn(&[3]), heads: 2 };
    Model { weights, running: vec![randn(&[3])] }
}

#[test]
fn a_tree_declares_its_tensors_by_path() {
    let model = model();
    let inputs = ModelInputs::new(&model, [2, 3].map(|n| Model::args(randn(&[n, 3])))).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    let export = Export::new(&model, &inputs).dynamic_shapes(&shapes);
    let program = export.parameter_tree(&model.weights).buffer_tree(&model.running).run().unwrap();
    let names: Vec<&String> = program.state_dict.keys().collect();
    assert_eq!(names, ["layers.0.weight", "layers.0.bias", "layers.1.weight", "scale", "0"]);
    let text = program.to_string();
    assert!(text.contains("p_layers_0_weight: PARAMETER target='layers.0.weight'"), "{text}");
    assert!(text.contains("b_0: BUFFER target='0' persistent=True"), "{text}");
    same(&model, &program, [5, 9].map(|n| Model::args(randn(&[n, 3]))));
}

#[test]
fn two_tensors_of_one_name_are_refused() {
    let model = model();
    let inputs = ModelInputs::new(&model, [Model::args(randn(&[2, 3]))]).unwrap();
    let export = Export::new(&model, &inputs).parameter_tree(&model.weights).buffer("scale", &model.running[0]);
    let error = refused(export.run());
    assert!(matches!(&error, ExportError::DeclaredTwice { name } if name == "scale"), "{error}");
    assert!(error.to_string().starts_with("two tensors of the model are declared as `scale`"), "{error}");
}

/// A TorchScript module in a model. Its file is `torch.jit.script(torch.nn.Sequential(Linear(3, 4), ReLU(), Linear(4, 2)))`.
struct Scripted {
    module: CModule,
}

#[module]
impl Scripted {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.module.forward_ts(&[x]).unwrap() * 2.0
    }
}

#[test]
fn a_torchscript_module_declares_its_parameters() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/sequential.pt");
    let model = Scripted { module: CModule::load(file).unwrap() };
    let inputs = ModelInputs::new(&model, [2, 3].map(|n| Scripted::args(randn(&[n, 3])))).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    let program = Export::new(&model, &inputs).dynamic_shapes(&shapes).script_module(&model.module).run().unwrap();
    let names: Vec<&String> = program.state_dict.keys().collect();
    assert_eq!(names, ["0.weight", "0.bias", "2.weight", "2.bias"]);
    same(&model, &program, [5, 9].map(|n| Scripted::args(Tensor::ones([n, 3], F))));
}

/// A model that writes to a part of a parameter, and then may fail.
struct Writes {
    weight: Tensor,
    other: Tensor,
    fails: bool,
}

#[module]
impl Writes {
    fn forward(&self, x: &Tensor) -> Tensor {
        let _ = self.weight.narrow(0, 0, 1).fill_(7.0);
        assert!(!self.fails, "after the write");
        x * &self.weight + &self.other
    }
}

#[test]
fn a_parameter_that_is_written_to_is_an_error_and_keeps_its_content() {
    for fails in [false, true] {
        let model = Writes { weight: randn(&[3]), other: randn(&[3]), fails };
        let (before, other) = (model.weight.copy(), model.other.copy());
        let inputs = ModelInputs::new(&model, [Writes::args(randn(&[3]))]).unwrap();
        let export = Export::new(&model, &inputs).parameter("weight", &model.weight).parameter("other", &model.other);
        match refused(export.run()) {
            ExportError::WrittenParameter { name, .. } => assert!(name == "weight" && !fails),
            ExportError::Capture { .. } => assert!(fails),
            other => panic!("{other}"),
        }
        assert!(model.weight.equal(&before) && model.other.equal(&other));
        // The memory of the model is its own again.
        let _ = model.weight.shallow_clone().fill_(1.0);
        assert!(model.weight.equal(&before.ones_like()) && !before.equal(&model.weight));
    }
}
