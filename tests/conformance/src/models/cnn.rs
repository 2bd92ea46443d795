//! A small CNN: in training mode, in other precisions, and compiled by AOTInductor.

use anyhow::Result;
use serde_json::Value;
use tch::nn::{self, VarStore};
use tch::{Device, Kind, Tensor};
use torch_export::nn::Layer;

use crate::case::Case;
use crate::list::Model;
use crate::recorder::Recorder;

/// All models of this file.
pub(crate) const MODELS: &[Model] = &[
    Model { name: "cnn_train", record: cnn_train },
    Model { name: "cnn_dropout", record: cnn_dropout },
    Model { name: "cnn_bf16", record: cnn_bf16 },
    Model { name: "cnn_f64", record: cnn_f64 },
    Model { name: "cnn_compiled", record: cnn_compiled },
];

const WIDTH: i64 = 16;
const CLASSES: i64 = 10;

/// A network of images of any size.
fn cnn(p: nn::Path<'_>, dropout: f64) -> nn::SequentialT {
    let conv = nn::ConvConfig { padding: 1, ..Default::default() };
    let half = nn::ConvConfig { padding: 1, stride: 2, bias: false, ..Default::default() };
    let mut network = nn::seq_t()
        .add(nn::conv2d(&p / "conv1", 3, WIDTH, 3, conv))
        .add_fn(|xs| xs.relu().max_pool2d_default(2))
        .add(nn::conv2d(&p / "conv2", WIDTH, 2 * WIDTH, 3, half))
        .add(nn::batch_norm2d(&p / "norm", 2 * WIDTH, Default::default()))
        .add_fn(|xs| xs.relu().adaptive_avg_pool2d([2, 2]).flat_view());
    if dropout > 0.0 {
        network = network.add_fn_t(move |xs, train| xs.dropout(dropout, train));
    }
    network.add(nn::linear(&p / "head", 8 * WIDTH, CLASSES, Default::default()))
}

type Args = <Layer<'static> as torch_export::prelude::Module>::Args;

fn args(kind: Kind) -> impl Fn([i64; 3]) -> Args {
    move |[n, h, w]| Layer::args(Tensor::randn([n, 3, h, w], (Kind::Float, Device::Cpu)).to_kind(kind))
}

fn sets(kind: Kind) -> [Args; 2] {
    [[2, 16, 20], [3, 24, 18]].map(args(kind))
}

fn unseen(kind: Kind) -> [Args; 3] {
    [[4, 21, 26], [2, 32, 17], [5, 19, 40]].map(args(kind))
}

/// Batch norm uses the batch, and updates its running statistics.
fn cnn_train(recorder: &Recorder<'_>) -> Result<Value> {
    let store = VarStore::new(Device::Cpu);
    let network = cnn(store.root(), 0.0);
    let case = Case::new(Layer::train(&network), sets(Kind::Float), unseen(Kind::Float));
    let entry = recorder.case(&case, |_, export| export.parameters(&store))?;
    recorder.with_buffers(entry, &store)
}

/// The same with dropout.
fn cnn_dropout(recorder: &Recorder<'_>) -> Result<Value> {
    let store = VarStore::new(Device::Cpu);
    let network = cnn(store.root(), 0.4);
    let case = Case::new(Layer::train(&network), sets(Kind::Float), unseen(Kind::Float)).random();
    recorder.case(&case, |_, export| export.parameters(&store))
}

fn cnn_bf16(recorder: &Recorder<'_>) -> Result<Value> {
    let mut store = VarStore::new(Device::Cpu);
    let network = cnn(store.root(), 0.4);
    store.bfloat16();
    // bf16 has eight bits: other kernels round at other places, in each of the five layers.
    let case = Case::new(Layer::eval(&network), sets(Kind::BFloat16), unseen(Kind::BFloat16)).tolerance(5.0 / 256.0);
    recorder.case(&case, |_, export| export.parameters(&store))
}

fn cnn_f64(recorder: &Recorder<'_>) -> Result<Value> {
    let mut store = VarStore::new(Device::Cpu);
    let network = cnn(store.root(), 0.4);
    store.double();
    let case = Case::new(Layer::eval(&network), sets(Kind::Double), unseen(Kind::Double)).tolerance(1e-13);
    recorder.case(&case, |_, export| export.parameters(&store))
}

fn cnn_compiled(recorder: &Recorder<'_>) -> Result<Value> {
    let store = VarStore::new(Device::Cpu);
    let network = cnn(store.root(), 0.4);
    let case = Case::new(Layer::eval(&network), sets(Kind::Float), unseen(Kind::Float)).compiled();
    recorder.case(&case, |_, export| export.parameters(&store))
}
