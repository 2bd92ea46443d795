//! Llama, with the rotary tables and the causal mask in private fields, and with a cache in each of the ways to pass one.

use anyhow::Result;
use serde_json::Value;
use tch::nn::{self, Module as _};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;
use torch_export::pytree::cache;

use crate::case::Case;
use crate::list::Model;
use crate::recorder::Recorder;

/// All models of this file.
pub(crate) const MODELS: &[Model] = &[
    Model { name: "llama", record: by_value },
    Model { name: "llama_returned", record: returned },
    Model { name: "llama_library_cache", record: library_cache },
];

const VOCABULARY: i64 = 67;
const WIDTH: i64 = 32;
const INNER: i64 = 48;
const HEADS: i64 = 4;
const GROUPS: i64 = 2;
const HEAD: i64 = WIDTH / HEADS;
const LAYERS: usize = 2;
/// The longest text.
const LONGEST: i64 = 64;

/// The keys and values of each layer: `[batch, groups, length, width]`.
#[derive(PyTree)]
#[pytree(name = "transformers.cache_utils.DynamicCache", as = "mapping")]
struct DynamicCache {
    key_cache: Vec<Tensor>,
    value_cache: Vec<Tensor>,
}

struct RmsNorm {
    scale: Tensor,
}

impl RmsNorm {
    fn new(path: nn::Path<'_>) -> RmsNorm {
        RmsNorm { scale: path.ones("weight", &[WIDTH]) }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        let variance = x.pow_tensor_scalar(2).mean_dim([-1].as_slice(), true, Kind::Float);
        x * (variance + 1e-5).rsqrt() * &self.scale
    }
}

/// The rotary tables, `[length, width]`.
struct Rotary {
    cos: Tensor,
    sin: Tensor,
}

impl Rotary {
    fn new() -> Rotary {
        let steps = Tensor::arange_start_step(0, HEAD, 2, (Kind::Float, Device::Cpu)) / HEAD as f64;
        let frequencies = (steps * f64::ln(10000.0)).neg().exp();
        let angles = Tensor::arange(LONGEST, (Kind::Float, Device::Cpu)).outer(&frequencies);
        let angles = Tensor::cat(&[&angles, &angles], -1);
        Rotary { cos: angles.cos(), sin: angles.sin() }
    }

    fn forward(&self, x: &Tensor, past: i64) -> Tensor {
        let length = x.size()[2];
        let halves = x.chunk(2, -1);
        let turned = Tensor::cat(&[halves[1].neg(), halves[0].shallow_clone()], -1);
        x * self.cos.narrow(0, past, length) + turned * self.sin.narrow(0, past, length)
    }
}

struct Attention {
    query: nn::Linear,
    key: nn::Linear,
    value: nn::Linear,
    out: nn::Linear,
}

impl Attention {
    /// The result, and all keys and values.
    fn forward(&self, x: &Tensor, held: &Held, keys: &Tensor, values: &Tensor) -> [Tensor; 3] {
        let (batch, length, _) = x.size3().unwrap_or_default();
        let heads = |layer: &nn::Linear, n| x.apply(layer).view([batch, length, n, HEAD]).transpose(1, 2);
        let past = keys.size()[2];
        let query = held.rotary.forward(&heads(&self.query, HEADS), past);
        let keys = Tensor::cat(&[keys, &held.rotary.forward(&heads(&self.key, GROUPS), past)], 2);
        let values = Tensor::cat(&[values, &heads(&self.value, GROUPS)], 2);
        let all = past + length;
        let repeat = |x: &Tensor| {
            let each = x.unsqueeze(2).expand([batch, GROUPS, HEADS / GROUPS, all, HEAD], false);
            each.reshape([batch, HEADS, all, HEAD])
        };
        let scores = query.matmul(&repeat(&keys).transpose(2, 3)) / f64::sqrt(HEAD as f64);
        let mask = held.mask.narrow(0, past, length).narrow(1, 0, all);
        let scores = scores.masked_fill(&mask, f64::NEG_INFINITY).softmax(-1, Kind::Float);
        let seen = scores.matmul(&repeat(&values)).transpose(1, 2).reshape([batch, length, WIDTH]);
        [seen.apply(&self.out), keys, values]
    }
}

struct Layer {
    before: RmsNorm,
    attention: Attention,
    after: RmsNorm,
    gate: nn::Linear,
    up: nn::Linear,
    down: nn::Linear,
}

impl Layer {
    fn new(path: &nn::Path<'_>) -> Layer {
        let linear = |name: &str, from, to| {
            nn::linear(path / name, from, to, nn::LinearConfig { bias: false, ..Default::default() })
        };
        let attention = Attention {
            query: linear("q_proj", WIDTH, HEADS * HEAD),
            key: linear("k_proj", WIDTH, GROUPS * HEAD),
            value: linear("v_proj", WIDTH, GROUPS * HEAD),
            out: linear("o_proj", HEADS * HEAD, WIDTH),
        };
        Layer {
            before: RmsNorm::new(path / "input_layernorm"),
            attention,
            after: RmsNorm::new(path / "post_attention_layernorm"),
            gate: linear("gate_proj", WIDTH, INNER),
            up: linear("up_proj", WIDTH, INNER),
            down: linear("down_proj", INNER, WIDTH),
        }
    }

    fn forward(&self, x: &Tensor, held: &Held, keys: &Tensor, values: &Tensor) -> [Tensor; 3] {
        let [seen, keys, values] = self.attention.forward(&self.before.forward(x), held, keys, values);
        let x = x + seen;
        let normal = self.after.forward(&x);
        let inner = normal.apply(&self.gate).silu() * normal.apply(&self.up);
        [x + inner.apply(&self.down), keys, values]
    }
}

/// What the model holds besides its parameters.
struct Held {
    rotary: Rotary,
    /// True where a token must not look.
    mask: Tensor,
}

struct Llama {
    words: nn::Embedding,
    layers: Vec<Layer>,
    norm: RmsNorm,
    head: nn::Linear,
    held: Held,
}

impl Llama {
    fn new(root: &nn::Path<'_>) -> Llama {
        let mask = Tensor::ones([LONGEST, LONGEST], (Kind::Bool, Device::Cpu)).triu(1);
        Llama {
            words: nn::embedding(root / "embed_tokens", VOCABULARY, WIDTH, Default::default()),
            layers: (0..LAYERS).map(|layer| Layer::new(&(root / "layers" / layer))).collect(),
            norm: RmsNorm::new(root / "norm"),
            head: nn::linear(
                root / "lm_head",
                WIDTH,
                VOCABULARY,
                nn::LinearConfig { bias: false, ..Default::default() },
            ),
            held: Held { rotary: Rotary::new(), mask },
        }
    }

    fn run(&self, ids: &Tensor, keys: &mut [Tensor], values: &mut [Tensor]) -> Tensor {
        let mut x = self.words.forward(ids);
        for (layer, (keys, values)) in self.layers.iter().zip(keys.iter_mut().zip(values)) {
            [x, *keys, *values] = layer.forward(&x, &self.held, keys, values);
        }
        self.norm.forward(&x).apply(&self.head)
    }
}

/// Takes the cache by value, and returns it.
struct ByValue(Llama);

#[module]
impl ByValue {
    fn forward(&self, ids: &Tensor, mut cache: DynamicCache) -> (Tensor, DynamicCache) {
        let logits = self.0.run(ids, &mut cache.key_cache, &mut cache.value_cache);
        (logits, cache)
    }
}

/// Changes the cache, as with `use_cache` in transformers.
struct Returned(Llama);

#[module]
impl Returned {
    fn forward(&self, ids: &Tensor, #[returned] cache: &mut DynamicCache) -> Tensor {
        self.0.run(ids, &mut cache.key_cache, &mut cache.value_cache)
    }
}

/// Takes the cache of the library, with the windows that transformers 5 keeps.
struct LibraryCache(Llama);

#[module]
impl LibraryCache {
    fn forward(&self, ids: &Tensor, #[returned] cache: &mut cache::DynamicCache<Tensor>) -> Tensor {
        self.0.run(ids, &mut cache.key_cache, &mut cache.value_cache)
    }
}

fn words(batch: i64, length: i64) -> Tensor {
    Tensor::randint(VOCABULARY, [batch, length], (Kind::Int64, Device::Cpu))
}

fn states(batch: i64, past: i64) -> Vec<Tensor> {
    (0..LAYERS).map(|_| Tensor::randn([batch, GROUPS, past, HEAD], (Kind::Float, Device::Cpu))).collect()
}

/// Batch, length and past: two sets, then unseen sizes, of which one is a prompt without a past, and one a single token.
const SIZES: [[i64; 3]; 5] = [[2, 3, 5], [3, 4, 8], [1, 9, 0], [4, 1, 17], [5, 30, 34]];

/// Records a model of `make`, whose arguments are made of batch, length and past.
fn cached<M: Module<Family = Tch>>(
    recorder: &Recorder<'_>,
    make: impl FnOnce(Llama) -> M,
    args: impl Fn(i64, i64, i64) -> M::Args,
) -> Result<Value> {
    let store = nn::VarStore::new(Device::Cpu);
    let model = make(Llama::new(&store.root()));
    let [first, second, unseen @ ..] = SIZES.map(|[batch, length, past]| args(batch, length, past));
    let case = Case::new(model, [first, second], unseen).generates_from(args(1, 6, 0));
    recorder.case(&case, |_, export| export.parameters(&store))
}

fn own_cache(batch: i64, past: i64) -> DynamicCache {
    DynamicCache { key_cache: states(batch, past), value_cache: states(batch, past) }
}

fn by_value(recorder: &Recorder<'_>) -> Result<Value> {
    cached(recorder, ByValue, |batch, length, past| ByValue::args((words(batch, length), own_cache(batch, past))))
}

fn returned(recorder: &Recorder<'_>) -> Result<Value> {
    cached(recorder, Returned, |batch, length, past| Returned::args((words(batch, length), own_cache(batch, past))))
}

fn library_cache(recorder: &Recorder<'_>) -> Result<Value> {
    cached(recorder, LibraryCache, |batch, length, past| {
        let cache = cache::DynamicCache {
            key_cache: states(batch, past),
            value_cache: states(batch, past),
            windows: Some(vec![None; LAYERS]),
        };
        LibraryCache::args((words(batch, length), cache))
    })
}
