//! A decoder as in most language models: rotary positions, a gated feed-forward part, a cache in and out.

use tch::nn::{self, Module as _};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;

const HEADS: i64 = 4;
const WIDTH: i64 = 16;
const MODEL: i64 = HEADS * WIDTH;
const INNER: i64 = 176;
const WORDS: i64 = 256;

/// One key and one value for each layer, of the sizes `[batch, heads, length, width]`.
#[derive(PyTree)]
#[pytree(name = "transformers.cache_utils.DynamicCache", as = "mapping")]
pub(crate) struct Cache {
    #[pytree(rename = "key_cache")]
    pub(crate) keys: Vec<Tensor>,
    #[pytree(rename = "value_cache")]
    pub(crate) values: Vec<Tensor>,
}

struct Layer {
    norm: Tensor,
    query: nn::Linear,
    key: nn::Linear,
    value: nn::Linear,
    out: nn::Linear,
    second_norm: Tensor,
    gate: nn::Linear,
    up: nn::Linear,
    down: nn::Linear,
}

pub(crate) struct Decoder {
    pub(crate) store: nn::VarStore,
    words: nn::Embedding,
    layers: Vec<Layer>,
    norm: Tensor,
    head: nn::Linear,
    pub(crate) frequencies: Tensor,
}

fn normed(x: &Tensor, weight: &Tensor) -> Tensor {
    let mean = x.square().mean_dim([-1].as_slice(), true, None::<Kind>);
    x * (mean + 1e-6).rsqrt() * weight
}

fn rotated(x: &Tensor, (cos, sin): (&Tensor, &Tensor)) -> Tensor {
    let half = WIDTH / 2;
    let turned = Tensor::cat(&[x.narrow(-1, half, half).neg(), x.narrow(-1, 0, half)], -1);
    x * cos + turned * sin
}

impl Layer {
    fn new(path: &nn::Path<'_>) -> Layer {
        let plain = nn::LinearConfig { bias: false, ..Default::default() };
        let linear = |name: &str, from, to| nn::linear(path / name, from, to, plain);
        Layer {
            norm: (path / "norm").ones("weight", &[MODEL]),
            query: linear("query", MODEL, MODEL),
            key: linear("key", MODEL, MODEL),
            value: linear("value", MODEL, MODEL),
            out: linear("out", MODEL, MODEL),
            second_norm: (path / "second_norm").ones("weight", &[MODEL]),
            gate: linear("gate", MODEL, INNER),
            up: linear("up", MODEL, INNER),
            down: linear("down", INNER, MODEL),
        }
    }

    /// The new activations, and the longer keys and values.
    fn forward(&self, x: &Tensor, turn: (&Tensor, &Tensor), mask: &Tensor, past: (&Tensor, &Tensor)) -> [Tensor; 3] {
        let sizes = x.size();
        let (batch, length) = (sizes[0], sizes[1]);
        let input = normed(x, &self.norm);
        let heads = |layer: &nn::Linear| layer.forward(&input).view([batch, length, HEADS, WIDTH]).transpose(1, 2);
        let query = rotated(&heads(&self.query), turn);
        let keys = Tensor::cat(&[past.0, &rotated(&heads(&self.key), turn)], 2);
        let values = Tensor::cat(&[past.1, &heads(&self.value)], 2);
        let scores = query.matmul(&keys.transpose(2, 3)) * (1.0 / (WIDTH as f64).sqrt()) + mask;
        let mixed = scores.softmax(-1, None::<Kind>).matmul(&values);
        let x = x + self.out.forward(&mixed.transpose(1, 2).reshape([batch, length, MODEL]));
        let input = normed(&x, &self.second_norm);
        let inner = self.gate.forward(&input).silu() * self.up.forward(&input);
        [&x + self.down.forward(&inner), keys, values]
    }
}

impl Decoder {
    pub(crate) fn new(layers: usize) -> Decoder {
        let store = nn::VarStore::new(Device::Cpu);
        let root = store.root();
        let steps = Tensor::arange_start_step(0, WIDTH, 2, (Kind::Float, Device::Cpu)) / WIDTH;
        let plain = nn::LinearConfig { bias: false, ..Default::default() };
        Decoder {
            words: nn::embedding(&root / "words", WORDS, MODEL, Default::default()),
            layers: (0..layers).map(|i| Layer::new(&(&root / "layers" / i))).collect(),
            norm: (&root / "norm").ones("weight", &[MODEL]),
            head: nn::linear(&root / "head", MODEL, WORDS, plain),
            frequencies: (steps * 10000f64.ln()).neg().exp(),
            store,
        }
    }

    /// Inputs of this many sequences, new words and words in the cache.
    pub(crate) fn inputs(&self, batch: i64, length: i64, past: i64) -> <Decoder as Module>::Args {
        let ids = Tensor::arange(batch * length, (Kind::Int64, Device::Cpu)).remainder(WORDS).view([batch, length]);
        let state = || Tensor::randn([batch, HEADS, past, WIDTH], (Kind::Float, Device::Cpu));
        let states = || self.layers.iter().map(|_| state()).collect();
        Decoder::args(ids).cache(Cache { keys: states(), values: states() })
    }
}

#[module]
impl Decoder {
    fn forward(&self, ids: &Tensor, cache: &Cache) -> (Tensor, Cache) {
        let device = ids.device();
        let (length, past) = (ids.size()[1], cache.keys[0].size()[2]);
        let positions = Tensor::arange_start(past, past + length, (Kind::Float, device));
        let angles = positions.unsqueeze(1) * &self.frequencies;
        let angles = Tensor::cat(&[&angles, &angles], -1);
        let (cos, sin) = (angles.cos(), angles.sin());
        let places = Tensor::arange(past + length, (Kind::Float, device));
        let later = places.unsqueeze(0).gt_tensor(&positions.unsqueeze(1));
        let mask = Tensor::zeros([length, past + length], (Kind::Float, device)).masked_fill(&later, f64::NEG_INFINITY);
        let mut x = self.words.forward(ids);
        let mut next = Cache { keys: Vec::new(), values: Vec::new() };
        for (i, layer) in self.layers.iter().enumerate() {
            let past = (&cache.keys[i], &cache.values[i]);
            let [y, keys, values] = layer.forward(&x, (&cos, &sin), &mask, past);
            x = y;
            next.keys.push(keys);
            next.values.push(values);
        }
        (self.head.forward(&normed(&x, &self.norm)), next)
    }
}
