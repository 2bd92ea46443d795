//! DeBERTa: attention by contents and by relative positions, with logarithmic buckets.

use anyhow::Result;
use serde_json::Value;
use tch::nn::{self, Module as _};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;

use crate::attention::{FeedForward, norm};
use crate::case::Case;
use crate::list::Model;
use crate::recorder::Recorder;

/// All models of this file.
pub(crate) const MODELS: &[Model] = &[Model { name: "deberta", record: deberta }];

const VOCABULARY: i64 = 83;
const WIDTH: i64 = 32;
const HEADS: i64 = 4;
const HEAD: i64 = 8;
const LAYERS: usize = 2;
const BUCKETS: i64 = 8;
const FARTHEST: i64 = 32;

/// Distances `[length, length]`, in logarithmic buckets.
fn relative_positions(length: i64) -> Tensor {
    let ids = Tensor::arange(length, (Kind::Int64, Device::Cpu));
    let relative = ids.unsqueeze(1) - ids.unsqueeze(0);
    let middle = BUCKETS / 2;
    let near = relative.lt(middle).logical_and(&relative.gt(-middle));
    let distance = relative.abs().where_self(&near.logical_not(), &relative.full_like(middle - 1));
    let step = f64::ln((FARTHEST - 1) as f64 / middle as f64);
    let logarithm = (distance.to_kind(Kind::Float) / middle as f64).log() / step * (middle - 1) as f64;
    let far = logarithm.ceil() + middle as f64;
    let far = (far * relative.sign()).to_kind(Kind::Int64);
    relative.where_self(&distance.le(middle), &far)
}

struct Attention {
    query: nn::Linear,
    key: nn::Linear,
    value: nn::Linear,
    out: nn::Linear,
}

impl Attention {
    fn split(layer: &nn::Linear, x: &Tensor) -> Tensor {
        let (batch, length, _) = x.size3().unwrap_or_default();
        let heads = x.apply(layer).view([batch, length, HEADS, HEAD]).permute([0, 2, 1, 3]);
        heads.contiguous().view([-1, length, HEAD])
    }

    fn forward(&self, x: &Tensor, mask: &Tensor, relative: &Tensor, table: &Tensor) -> Tensor {
        let (batch, length, width) = x.size3().unwrap_or_default();
        let [query, key, value] = [&self.query, &self.key, &self.value].map(|layer| Self::split(layer, x));
        let scale = f64::sqrt(3.0 * HEAD as f64);
        let scores = query.bmm(&(key.transpose(-1, -2) / scale));

        // Contents and positions: the tables are the same for each text.
        let positions = table.unsqueeze(0);
        let repeat = |layer| Self::split(layer, &positions).repeat([batch, 1, 1]);
        let (position_keys, position_queries) = (repeat(&self.key), repeat(&self.query));
        let expanded = |index: Tensor| index.unsqueeze(0).expand([batch * HEADS, length, length], false);
        let there = (relative + BUCKETS).clamp(0, 2 * BUCKETS - 1);
        let back = (relative.neg() + BUCKETS).clamp(0, 2 * BUCKETS - 1);
        let to_positions = query.bmm(&position_keys.transpose(-1, -2)).gather(-1, &expanded(there), false);
        let to_contents = key.bmm(&position_queries.transpose(-1, -2)).gather(-1, &expanded(back), false);
        let scores = scores + to_positions / scale + to_contents.transpose(-1, -2) / scale;

        let scores = scores.view([-1, HEADS, length, length]);
        let unseen = mask.logical_not();
        let scores =
            scores.masked_fill(&unseen, f64::from(f32::MIN)).softmax(-1, Kind::Float).masked_fill(&unseen, 0.0);
        let seen = scores.view([-1, length, length]).bmm(&value).view([-1, HEADS, length, HEAD]);
        seen.permute([0, 2, 1, 3]).contiguous().view([batch, length, width]).apply(&self.out)
    }
}

struct Layer {
    attention: Attention,
    after: nn::LayerNorm,
    inner: FeedForward,
    last: nn::LayerNorm,
}

impl Layer {
    fn new(path: &nn::Path<'_>) -> Layer {
        let linear = |name: &str| nn::linear(path / name, WIDTH, WIDTH, Default::default());
        Layer {
            attention: Attention {
                query: linear("query_proj"),
                key: linear("key_proj"),
                value: linear("value_proj"),
                out: linear("dense"),
            },
            after: norm(path / "attention_norm", WIDTH),
            inner: FeedForward::new(path, WIDTH),
            last: norm(path / "output_norm", WIDTH),
        }
    }
}

struct Deberta {
    words: nn::Embedding,
    norm: nn::LayerNorm,
    relative: nn::Embedding,
    relative_norm: nn::LayerNorm,
    layers: Vec<Layer>,
}

#[module]
impl Deberta {
    fn forward(&self, input_ids: &Tensor, attention_mask: &Tensor) -> Tensor {
        let length = input_ids.size()[1];
        let mask = attention_mask.unsqueeze(1).unsqueeze(2);
        let mask = (&mask * mask.squeeze_dim(-2).unsqueeze(-1)).to_kind(Kind::Bool);
        let relative = relative_positions(length);
        let table = self.relative.ws.apply(&self.relative_norm);
        let mut x = self.words.forward(input_ids).apply(&self.norm) * attention_mask.unsqueeze(2).to_kind(Kind::Float);
        for layer in &self.layers {
            x = (&x + layer.attention.forward(&x, &mask, &relative, &table)).apply(&layer.after);
            x = (&x + x.apply(&layer.inner)).apply(&layer.last);
        }
        x
    }
}

fn deberta(recorder: &Recorder<'_>) -> Result<Value> {
    let store = nn::VarStore::new(Device::Cpu);
    let root = store.root();
    let model = Deberta {
        words: nn::embedding(&root / "word_embeddings", VOCABULARY, WIDTH, Default::default()),
        norm: norm(&root / "norm", WIDTH),
        relative: nn::embedding(&root / "rel_embeddings", 2 * BUCKETS, WIDTH, Default::default()),
        relative_norm: norm(&root / "rel_norm", WIDTH),
        layers: (0..LAYERS).map(|i| Layer::new(&(&root / "layer" / i))).collect(),
    };
    let sizes = [[2, 7], [3, 9], [4, 5], [1, 30], [5, 48]];
    let [first, second, unseen @ ..] = sizes.map(|[batch, length]| {
        let ids = Tensor::randint(VOCABULARY, [batch, length], (Kind::Int64, Device::Cpu));
        let mask = Tensor::ones([batch, length], (Kind::Int64, Device::Cpu));
        let _ = mask.get(0).narrow(0, length - 2, 2).zero_();
        Deberta::args((ids, mask))
    });
    recorder.case(&Case::new(model, [first, second], unseen), |_, export| export.parameters(&store))
}
