//! BERT with a padding mask and its position ids in a private field, and models that embed sentences.

use anyhow::Result;
use serde_json::Value;
use tch::nn::{self, Module as _};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;

use crate::attention::{FeedForward, MultiHead, norm, padding};
use crate::case::Case;
use crate::list::Model;
use crate::recorder::Recorder;

/// All models of this file.
pub(crate) const MODELS: &[Model] = &[
    Model { name: "bert", record: bert },
    Model { name: "embedder_bf16", record: |recorder| embedder(recorder, Kind::BFloat16) },
    Model { name: "embedder_f64", record: |recorder| embedder(recorder, Kind::Double) },
];

const VOCABULARY: i64 = 71;
const WIDTH: i64 = 32;
const HEADS: i64 = 4;
const LAYERS: usize = 2;
/// The longest text.
const LONGEST: i64 = 40;

struct Layer {
    attention: MultiHead,
    after: nn::LayerNorm,
    inner: FeedForward,
    last: nn::LayerNorm,
}

impl Layer {
    fn new(path: &nn::Path<'_>) -> Layer {
        Layer {
            attention: MultiHead::new(&(path / "attention"), WIDTH, HEADS),
            after: norm(path / "attention_norm", WIDTH),
            inner: FeedForward::new(path, WIDTH),
            last: norm(path / "output_norm", WIDTH),
        }
    }

    fn forward(&self, x: &Tensor, mask: &Tensor) -> Tensor {
        let x = (x + self.attention.forward(x, Some(mask))).apply(&self.after);
        (&x + x.apply(&self.inner)).apply(&self.last)
    }
}

/// The words, and the layers.
struct Encoder {
    words: nn::Embedding,
    positions: nn::Embedding,
    types: nn::Embedding,
    norm: nn::LayerNorm,
    layers: Vec<Layer>,
    position_ids: Tensor,
}

impl Encoder {
    fn new(root: &nn::Path<'_>) -> Encoder {
        let table = |name: &str, rows| nn::embedding(root / name, rows, WIDTH, Default::default());
        Encoder {
            words: table("word_embeddings", VOCABULARY),
            positions: table("position_embeddings", LONGEST),
            types: table("token_type_embeddings", 2),
            norm: norm(root / "norm", WIDTH),
            layers: (0..LAYERS).map(|layer| Layer::new(&(root / "layer" / layer))).collect(),
            position_ids: Tensor::arange(LONGEST, (Kind::Int64, Device::Cpu)).unsqueeze(0),
        }
    }

    fn forward(&self, ids: &Tensor, mask: &Tensor, types: Option<&Tensor>) -> Tensor {
        let (_, length) = ids.size2().unwrap_or_default();
        let positions = self.positions.forward(&self.position_ids.narrow(1, 0, length));
        let types = match types {
            Some(types) => self.types.forward(types),
            None => self.types.forward(&ids.zeros_like()),
        };
        let mut x = (self.words.forward(ids) + types + positions).apply(&self.norm);
        let mask = padding(mask, x.kind());
        for layer in &self.layers {
            x = layer.forward(&x, &mask);
        }
        x
    }
}

#[derive(PyTree)]
#[pytree(name = "bert.Output")]
struct Output {
    last_hidden_state: Tensor,
    pooler_output: Tensor,
}

struct Bert {
    encoder: Encoder,
    pooler: nn::Linear,
}

#[module]
impl Bert {
    fn forward(&self, input_ids: &Tensor, attention_mask: &Tensor, token_type_ids: &Tensor) -> Output {
        let hidden = self.encoder.forward(input_ids, attention_mask, Some(token_type_ids));
        let pooled = hidden.select(1, 0).apply(&self.pooler).tanh();
        Output { last_hidden_state: hidden, pooler_output: pooled }
    }
}

/// Sentences as vectors of length one: the mean of their words.
struct Embedder(Encoder);

#[module]
impl Embedder {
    fn forward(&self, input_ids: &Tensor, attention_mask: &Tensor) -> Tensor {
        let hidden = self.0.forward(input_ids, attention_mask, None);
        let mask = attention_mask.unsqueeze(-1).to_kind(hidden.kind());
        let dims = [1].as_slice();
        let sum = (hidden * &mask).sum_dim_intlist(dims, false, None::<Kind>);
        let mean = sum / mask.sum_dim_intlist(dims, false, None::<Kind>).clamp_min(1e-9);
        &mean / mean.norm_scalaropt_dim(2, [1].as_slice(), true).clamp_min(1e-12)
    }
}

/// Ids, and a mask that ends each text at another length.
fn texts(batch: i64, length: i64) -> (Tensor, Tensor) {
    let ids = Tensor::randint(VOCABULARY, [batch, length], (Kind::Int64, Device::Cpu));
    let ends = Tensor::arange(batch, (Kind::Int64, Device::Cpu)).remainder(3).unsqueeze(1);
    let mask = Tensor::arange(length, (Kind::Int64, Device::Cpu)).unsqueeze(0).lt_tensor(&(length - ends));
    (ids, mask.to_kind(Kind::Int64))
}

/// Batch and length. A package refuses a batch of 1, which is outside of the range of the program.
const SIZES: [[i64; 2]; 5] = [[2, 7], [3, 9], [4, 5], [6, 30], [5, 40]];

fn bert(recorder: &Recorder<'_>) -> Result<Value> {
    let store = nn::VarStore::new(Device::Cpu);
    let root = store.root();
    let encoder = Encoder::new(&root);
    let model = Bert { encoder, pooler: nn::linear(root / "pooler", WIDTH, WIDTH, Default::default()) };
    let [first, second, unseen @ ..] = SIZES.map(|[batch, length]| {
        let (ids, mask) = texts(batch, length);
        let types = Tensor::randint(2, [batch, length], (Kind::Int64, Device::Cpu));
        Bert::args((ids, mask, types))
    });
    recorder.case(&Case::new(model, [first, second], unseen).compiled(), |_, export| export.parameters(&store))
}

fn embedder(recorder: &Recorder<'_>, kind: Kind) -> Result<Value> {
    let mut store = nn::VarStore::new(Device::Cpu);
    let model = Embedder(Encoder::new(&store.root()));
    store.set_kind(kind);
    let [first, second, unseen @ ..] = SIZES.map(|[batch, length]| {
        let (ids, mask) = texts(batch, length);
        Embedder::args((ids, mask))
    });
    let case = Case::new(model, [first, second], unseen);
    // Other kernels round to 8 bits at other places.
    let case = if kind == Kind::BFloat16 { case.tolerance(2e-2) } else { case };
    recorder.case(&case, |_, export| export.parameters(&store))
}
