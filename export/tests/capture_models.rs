//! Models of `tch::nn`: parameters and buffers in a store, tied weights.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

#[macro_use]
mod capture_support;

use capture_support::{header, randn, refused, same, statements};
use tch::nn::{self, Module as _, ModuleT as _};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;
use torch_export::program::InputKind;

/// Exports with the guessed shapes and the variables of the store.
fn stored<M: Module<Family = Tch>>(
    store: &nn::VarStore,
    model: &M,
    sets: impl IntoIterator<Item = M::Args>,
) -> ExportedProgram {
    let inputs = ModelInputs::new(model, sets).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    Export::new(model, &inputs).dynamic_shapes(&shapes).parameters(store).run().unwrap()
}

struct Mlp {
    up: nn::Linear,
    norm: nn::LayerNorm,
    down: nn::Linear,
}

#[module]
impl Mlp {
    fn forward(&self, x: &Tensor) -> Tensor {
        x + self.down.forward(&self.norm.forward(&self.up.forward(x)).gelu("none"))
    }
}

#[test]
fn linear_and_layer_norm() {
    let store = nn::VarStore::new(Device::Cpu);
    let root = store.root();
    let model = Mlp {
        up: nn::linear(&root / "up", 4, 8, Default::default()),
        norm: nn::layer_norm(&root / "norm", vec![8], Default::default()),
        down: nn::linear(&root / "down", 8, 4, nn::LinearConfig { bias: false, ..Default::default() }),
    };
    let set = |b: i64, s: i64| Mlp::args(randn(&[b, s, 4]));
    let program = stored(&store, &model, [set(2, 3), set(4, 5)]);
    let targets: Vec<_> = program.state_dict.keys().map(String::as_str).collect();
    assert_eq!(targets.len(), 5, "{targets:?}");
    for name in ["up.weight", "up.bias", "norm.weight", "norm.bias", "down.weight"] {
        assert!(targets.contains(&name), "{targets:?}");
    }
    let text = program.to_string();
    for call in [
        "aten.linear.default(x, p_up_weight, p_up_bias)",
        "aten.layer_norm.default(linear, [8], p_norm_weight, p_norm_bias",
        "aten.gelu.default(layer_norm)",
        "aten.linear.default(gelu, p_down_weight)",
    ] {
        assert!(text.contains(call), "{call}\n{text}");
    }
    same(&model, &program, [set(3, 2), set(1, 7), set(8, 9)]);
}

struct Conv {
    conv: nn::Conv2D,
    norm: nn::BatchNorm,
    head: nn::Linear,
}

#[module]
impl Conv {
    fn forward(&self, x: &Tensor) -> Tensor {
        let y = self.norm.forward_t(&self.conv.forward(x), false).relu();
        let y = y.adaptive_avg_pool2d([1i64, 1]);
        self.head.forward(&y.flatten(1, -1))
    }
}

#[test]
fn a_convolution_with_batch_norm() {
    let store = nn::VarStore::new(Device::Cpu);
    let root = store.root();
    let config = nn::ConvConfig { padding: 1, ..Default::default() };
    let model = Conv {
        conv: nn::conv2d(&root / "conv", 3, 6, 3, config),
        norm: nn::batch_norm2d(&root / "norm", 6, Default::default()),
        head: nn::linear(&root / "head", 6, 2, Default::default()),
    };
    let set = |b: i64| Conv::args(randn(&[b, 3, 8, 8]));
    let program = stored(&store, &model, [set(2), set(5)]);
    let buffers: Vec<_> = program
        .signature
        .inputs
        .iter()
        .filter(|input| matches!(input.kind, InputKind::Buffer { .. }))
        .filter_map(|input| input.kind.target())
        .collect();
    assert_eq!(buffers, ["norm.running_mean", "norm.running_var"]);
    assert!(header(&program).contains("x: \"f32[s77, 3, 8, 8]\""), "{program}");
    same(&model, &program, [set(3), set(7)]);
}

struct Tied {
    embedding: nn::Embedding,
}

#[module]
impl Tied {
    fn forward(&self, ids: &Tensor) -> Tensor {
        self.embedding.forward(ids).matmul(&self.embedding.ws.tr())
    }
}

#[test]
fn one_weight_used_twice() {
    let store = nn::VarStore::new(Device::Cpu);
    let model = Tied { embedding: nn::embedding(store.root() / "wte", 11, 4, Default::default()) };
    let set = |b: i64, s: i64| Tied::args(Tensor::randint(11, [b, s], (Kind::Int64, Device::Cpu)));
    let program = stored(&store, &model, [set(2, 3), set(4, 5)]);
    assert_eq!(program.state_dict.keys().collect::<Vec<_>>(), ["wte.weight"]);
    let body = statements(&program);
    assert!(body[0].contains("aten.embedding.default(p_wte_weight, ids"), "{body:?}");
    same(&model, &program, [set(3, 2), set(6, 9)]);
}

struct TwoNames {
    first: Tensor,
    second: Tensor,
}

#[module]
impl TwoNames {
    fn forward(&self, x: &Tensor) -> Tensor {
        x * &self.first + &self.second
    }
}

#[test]
fn one_tensor_under_two_names() {
    let first = randn(&[3]);
    let model = TwoNames { second: first.shallow_clone(), first };
    let inputs = ModelInputs::new(&model, [2, 4].map(|n| TwoNames::args(randn(&[n, 3])))).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    let program = Export::new(&model, &inputs)
        .dynamic_shapes(&shapes)
        .parameter("first", &model.first)
        .parameter("second", &model.second)
        .run()
        .unwrap();
    // Both names are in the state dict, on one storage; the graph uses the first.
    assert_eq!(program.state_dict.keys().collect::<Vec<_>>(), ["first", "second"]);
    assert!(!program.to_string().contains(", p_second)"), "{program}");
    same(&model, &program, [5].map(|n| TwoNames::args(randn(&[n, 3]))));
}

#[test]
fn a_store_that_was_not_declared() {
    let store = nn::VarStore::new(Device::Cpu);
    let model = Tied { embedding: nn::embedding(store.root(), 11, 4, Default::default()) };
    let example = Tied::args(Tensor::randint(11, [2, 3], (Kind::Int64, Device::Cpu)));
    let inputs = ModelInputs::new(&model, [example]).unwrap();
    let error = refused(export(&model, &inputs, &DynamicShapes::NONE));
    assert!(error.to_string().contains(".parameters(&store)"), "{error}");
}

struct Trained {
    norm: nn::BatchNorm,
}

#[module]
impl Trained {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.norm.forward_t(x, true)
    }
}

#[test]
fn running_statistics_are_as_before_after_an_export() {
    let store = nn::VarStore::new(Device::Cpu);
    let model = Trained { norm: nn::batch_norm1d(store.root(), 3, Default::default()) };
    let before = model.norm.running_mean.copy();
    let program = stored(&store, &model, [4, 6].map(|n| Trained::args(randn(&[n, 3]) + 5.0)));
    assert_eq!(model.norm.running_mean, before);
    let args = Trained::args(randn(&[5, 3]) + 5.0);
    let first: Tensor = program.call(&args).unwrap();
    let second: Tensor = program.call(&args).unwrap();
    assert_eq!(first, second);
}
