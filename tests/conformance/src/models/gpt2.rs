//! GPT-2 with a cache and a padding mask as long as the past and the new tokens together.

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
pub(crate) const MODELS: &[Model] = &[Model { name: "gpt2_masked", record: masked }];

const VOCABULARY: i64 = 73;
const WIDTH: i64 = 32;
const HEADS: i64 = 4;
const LAYERS: usize = 2;
/// The longest text.
const LONGEST: i64 = 64;

struct Layer {
    before: nn::LayerNorm,
    attention: MultiHead,
    after: nn::LayerNorm,
    inner: FeedForward,
}

impl Layer {
    fn new(path: &nn::Path<'_>) -> Layer {
        Layer {
            before: norm(path / "ln_1", WIDTH),
            attention: MultiHead::new(&(path / "attn"), WIDTH, HEADS),
            after: norm(path / "ln_2", WIDTH),
            inner: FeedForward::new(path, WIDTH),
        }
    }

    fn forward(&self, x: &Tensor, mask: &Tensor, (keys, values): (Tensor, Tensor)) -> (Tensor, (Tensor, Tensor)) {
        let normal = x.apply(&self.before);
        let (new_keys, new_values) = self.attention.states(&normal);
        let keys = Tensor::cat(&[keys, new_keys], 2);
        let values = Tensor::cat(&[values, new_values], 2);
        let x = x + self.attention.look(&normal, &keys, &values, Some(mask));
        let y = &x + x.apply(&self.after).apply(&self.inner);
        (y, (keys, values))
    }
}

struct Gpt2 {
    words: nn::Embedding,
    positions: nn::Embedding,
    layers: Vec<Layer>,
    norm: nn::LayerNorm,
}

#[module]
impl Gpt2 {
    /// Returns the logits, the cache, and the mask of the next call.
    fn forward(
        &self,
        input_ids: &Tensor,
        past: Vec<(Tensor, Tensor)>,
        attention_mask: &Tensor,
    ) -> (Tensor, Vec<(Tensor, Tensor)>, Tensor) {
        let (batch, length) = input_ids.size2().unwrap_or_default();
        let before = past[0].0.size()[2];
        let positions = (attention_mask.cumsum(-1, Kind::Int64) - 1).clamp_min(0).narrow(1, before, length);
        let causal = Tensor::full([length, before + length], -10000.0, (Kind::Float, Device::Cpu)).triu(before + 1);
        let mask = padding(attention_mask, Kind::Float) + causal;
        let mut x = self.words.forward(input_ids) + self.positions.forward(&positions);
        let mut present = Vec::new();
        for (layer, states) in self.layers.iter().zip(past) {
            let (y, states) = layer.forward(&x, &mask, states);
            present.push(states);
            x = y;
        }
        let logits = x.apply(&self.norm).matmul(&self.words.ws.tr());
        let one = Tensor::ones([batch, 1], (Kind::Int64, Device::Cpu));
        (logits, present, Tensor::cat(&[attention_mask, &one], 1))
    }
}

fn masked(recorder: &Recorder<'_>) -> Result<Value> {
    let store = nn::VarStore::new(Device::Cpu);
    let root = store.root();
    let model = Gpt2 {
        words: nn::embedding(&root / "wte", VOCABULARY, WIDTH, Default::default()),
        positions: nn::embedding(&root / "wpe", LONGEST, WIDTH, Default::default()),
        layers: (0..LAYERS).map(|layer| Layer::new(&(&root / "h" / layer))).collect(),
        norm: norm(&root / "ln_f", WIDTH),
    };
    let args = |batch, length, past| {
        let ids = Tensor::randint(VOCABULARY, [batch, length], (Kind::Int64, Device::Cpu));
        let states = || Tensor::randn([batch, HEADS, past, WIDTH / HEADS], (Kind::Float, Device::Cpu));
        let mask = Tensor::ones([batch, past + length], (Kind::Int64, Device::Cpu));
        // The first text is padded on the left.
        let _ = mask.get(0).narrow(0, 0, 1).zero_();
        Gpt2::args((ids, (0..LAYERS).map(|_| (states(), states())).collect(), mask))
    };
    let sizes = [[2, 3, 5], [3, 4, 8], [1, 9, 0], [4, 1, 17], [5, 30, 34]];
    let [first, second, unseen @ ..] = sizes.map(|[batch, length, past]| args(batch, length, past));
    let case = Case::new(model, [first, second], unseen).generates_from(args(1, 6, 0));
    recorder.case(&case, |_, export| export.parameters(&store))
}
