//! GPT as in tch's example min-gpt, with the causal mask in a private field, and with a cache for generation.

use anyhow::Result;
use serde_json::Value;
use tch::nn::{self, Module as _, ModuleT};
use tch::{Device, IndexOp, Kind, Tensor};

use crate::case::Case;
use crate::list::Model;
use crate::recorder::Recorder;

/// All models of this file.
pub(crate) const MODELS: &[Model] = &[Model { name: "min_gpt", record: min_gpt }];

const VOCABULARY: i64 = 65;
const WIDTH: i64 = 32;
const HEADS: i64 = 4;
const LAYERS: i64 = 2;
/// The longest text.
const LONGEST: i64 = 48;

fn linear_without_bias(path: nn::Path<'_>, from: i64, to: i64) -> nn::Linear {
    nn::linear(path, from, to, nn::LinearConfig { bias: false, ..Default::default() })
}

fn attention(path: &nn::Path<'_>) -> impl ModuleT + use<> {
    let [key, query, value, out] =
        ["key", "query", "value", "proj"].map(|name| nn::linear(path / name, WIDTH, WIDTH, Default::default()));
    let mask = Tensor::ones([LONGEST, LONGEST], (Kind::Float, Device::Cpu)).tril(0).view([1, 1, LONGEST, LONGEST]);
    nn::func_t(move |xs, train| {
        let (batch, length, width) = xs.size3().unwrap_or_default();
        let heads = |layer: &nn::Linear| xs.apply(layer).view([batch, length, HEADS, width / HEADS]).transpose(1, 2);
        let (k, q, v) = (heads(&key), heads(&query), heads(&value));
        let scores = q.matmul(&k.transpose(-2, -1)) * (1.0 / f64::sqrt((width / HEADS) as f64));
        let scores = scores.masked_fill(&mask.i((.., .., ..length, ..length)).eq(0.), f64::NEG_INFINITY);
        let scores = scores.softmax(-1, Kind::Float).dropout(0.1, train);
        let seen = scores.matmul(&v).transpose(1, 2).contiguous().view([batch, length, width]);
        seen.apply(&out).dropout(0.1, train)
    })
}

fn block(path: &nn::Path<'_>) -> impl ModuleT + use<> {
    let norm = |name: &str| nn::layer_norm(path / name, vec![WIDTH], Default::default());
    let (before, after) = (norm("ln1"), norm("ln2"));
    let attention = attention(path);
    let up = nn::linear(path / "lin1", WIDTH, 4 * WIDTH, Default::default());
    let down = nn::linear(path / "lin2", 4 * WIDTH, WIDTH, Default::default());
    nn::func_t(move |xs, train| {
        let xs = xs + xs.apply(&before).apply_t(&attention, train);
        let ys = xs.apply(&after).apply(&up).gelu("none").apply(&down).dropout(0.1, train);
        xs + ys
    })
}

fn gpt(path: &nn::Path<'_>) -> impl ModuleT + use<> {
    let words = nn::embedding(path / "tok_emb", VOCABULARY, WIDTH, Default::default());
    let positions = path.zeros("pos_emb", &[1, LONGEST, WIDTH]);
    let norm = nn::layer_norm(path / "ln_f", vec![WIDTH], Default::default());
    let head = linear_without_bias(path / "head", WIDTH, VOCABULARY);
    let mut blocks = nn::seq_t();
    for layer in 0..LAYERS {
        blocks = blocks.add(block(&(path / layer)));
    }
    nn::func_t(move |xs, train| {
        let (_, length) = xs.size2().unwrap_or_default();
        let positions = positions.i((.., ..length, ..));
        (words.forward(xs) + positions).dropout(0.1, train).apply_t(&blocks, train).apply(&norm).apply(&head)
    })
}

fn min_gpt(recorder: &Recorder<'_>) -> Result<Value> {
    use torch_export::nn::Layer;
    let store = nn::VarStore::new(Device::Cpu);
    let model = gpt(&store.root());
    let ids = |batch, length| Layer::args(Tensor::randint(VOCABULARY, [batch, length], (Kind::Int64, Device::Cpu)));
    let case = Case::new(Layer::eval(&model), [ids(2, 7), ids(3, 9)], [ids(4, 5), ids(1, 30), ids(5, 48)]);
    recorder.case(&case, |_, export| export.parameters(&store))
}
