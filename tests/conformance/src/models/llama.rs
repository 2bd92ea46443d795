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
    Model { name: "llama", record: |recorder| by_value(recorder, SMALL) },
    Model { name: "llama_returned", record: returned },
    Model { name: "llama_library_cache", record: library_cache },
    Model { name: "llama_deep", record: |recorder| by_value(recorder, DEEP) },
    Model { name: "llama_wide", record: |recorder| by_value(recorder, WIDE) },
];

/// The sizes of a network.
#[derive(Clone, Copy)]
struct Config {
    width: i64,
    /// The width between the two layers of a feed-forward step.
    inner: i64,
    heads: i64,
    /// How many heads of keys and values there are.
    groups: i64,
    layers: usize,
}

const SMALL: Config = Config { width: 32, inner: 48, heads: 4, groups: 2, layers: 2 };
const DEEP: Config = Config { layers: 32, ..SMALL };
/// As wide as the networks of seven billion parameters. Its export must not touch its weights more than a forward does.
const WIDE: Config = Config { width: 4096, inner: 11_008, heads: 32, groups: 8, layers: 1 };

impl Config {
    fn head(self) -> i64 {
        self.width / self.heads
    }
}

const VOCABULARY: i64 = 67;
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
    fn new(path: nn::Path<'_>, width: i64) -> RmsNorm {
        RmsNorm { scale: path.ones("weight", &[width]) }
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
    fn new(width: i64) -> Rotary {
        let steps = Tensor::arange_start_step(0, width, 2, (Kind::Float, Device::Cpu)) / width as f64;
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
    config: Config,
    query: nn::Linear,
    key: nn::Linear,
    value: nn::Linear,
    out: nn::Linear,
}

impl Attention {
    /// The result, and all keys and values.
    fn forward(&self, x: &Tensor, held: &Held, keys: &Tensor, values: &Tensor) -> [Tensor; 3] {
        let (batch, length, _) = x.size3().unwrap_or_default();
        let Config { width, heads: count, groups, .. } = self.config;
        let head = self.config.head();
        let heads = |layer: &nn::Linear, n| x.apply(layer).view([batch, length, n, head]).transpose(1, 2);
        let past = keys.size()[2];
        let query = held.rotary.forward(&heads(&self.query, count), past);
        let keys = Tensor::cat(&[keys, &held.rotary.forward(&heads(&self.key, groups), past)], 2);
        let values = Tensor::cat(&[values, &heads(&self.value, groups)], 2);
        let all = past + length;
        let repeat = |x: &Tensor| {
            let each = x.unsqueeze(2).expand([batch, groups, count / groups, all, head], false);
            each.reshape([batch, count, all, head])
        };
        let scores = query.matmul(&repeat(&keys).transpose(2, 3)) / f64::sqrt(head as f64);
        let mask = held.mask.narrow(0, past, length).narrow(1, 0, all);
        let scores = scores.masked_fill(&mask, f64::NEG_INFINITY).softmax(-1, Kind::Float);
        let seen = scores.matmul(&repeat(&values)).transpose(1, 2).reshape([batch, length, width]);
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
    fn new(path: &nn::Path<'_>, config: Config) -> Layer {
        let Config { width, inner, groups, .. } = config;
        let linear = |name: &str, from, to| {
            nn::linear(path / name, from, to, nn::LinearConfig { bias: false, ..Default::default() })
        };
        let attention = Attention {
            config,
            query: linear("q_proj", width, width),
            key: linear("k_proj", width, groups * config.head()),
            value: linear("v_proj", width, groups * config.head()),
            out: linear("o_proj", width, width),
        };
        Layer {
            before: RmsNorm::new(path / "input_layernorm", width),
            attention,
            after: RmsNorm::new(path / "post_attention_layernorm", width),
            gate: linear("gate_proj", width, inner),
            up: linear("up_proj", width, inner),
            down: linear("down_proj", inner, width),
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
    fn new(root: &nn::Path<'_>, config: Config) -> Llama {
        let Config { width, layers, .. } = config;
        let mask = Tensor::ones([LONGEST, LONGEST], (Kind::Bool, Device::Cpu)).triu(1);
        Llama {
            words: nn::embedding(root / "embed_tokens", VOCABULARY, width, Default::default()),
            layers: (0..layers).map(|layer| Layer::new(&(root / "layers" / layer), config)).collect(),
            norm: RmsNorm::new(root / "norm", width),
            head: nn::linear(
                root / "lm_head",
                width,
                VOCABULARY,
                nn::LinearConfig { bias: false, ..Default::default() },
            ),
            held: Held { rotary: Rotary::new(config.head()), mask },
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

fn states(config: Config, batch: i64, past: i64) -> Vec<Tensor> {
    let state = |_| Tensor::randn([batch, config.groups, past, config.head()], (Kind::Float, Device::Cpu));
    (0..config.layers).map(state).collect()
}

/// Batch, length and past: two sets, then unseen sizes, of which one is a prompt without a past, and one a single token.
const SIZES: [[i64; 3]; 5] = [[2, 3, 5], [3, 4, 8], [1, 9, 0], [4, 1, 17], [5, 30, 34]];

/// Records a model of `make`, whose arguments are made of batch, length and past.
fn cached<M: Module<Family = Tch>>(
    recorder: &Recorder<'_>,
    config: Config,
    make: impl FnOnce(Llama) -> M,
    args: impl Fn(i64, i64, i64) -> M::Args,
) -> Result<Value> {
    let store = nn::VarStore::new(Device::Cpu);
    let model = make(Llama::new(&store.root(), config));
    let [first, second, unseen @ ..] = SIZES.map(|[batch, length, past]| args(batch, length, past));
    let case = Case::new(model, [first, second], unseen).generates_from(args(1, 6, 0));
    recorder.case(&case, |_, export| export.parameters(&store))
}

fn own_cache(config: Config, batch: i64, past: i64) -> DynamicCache {
    DynamicCache { key_cache: states(config, batch, past), value_cache: states(config, batch, past) }
}

fn by_value(recorder: &Recorder<'_>, config: Config) -> Result<Value> {
    cached(recorder, config, ByValue, |batch, length, past| {
        ByValue::args((words(batch, length), own_cache(config, batch, past)))
    })
}

fn returned(recorder: &Recorder<'_>) -> Result<Value> {
    cached(recorder, SMALL, Returned, |batch, length, past| {
        Returned::args((words(batch, length), own_cache(SMALL, batch, past)))
    })
}

fn library_cache(recorder: &Recorder<'_>) -> Result<Value> {
    cached(recorder, SMALL, LibraryCache, |batch, length, past| {
        let cache = cache::DynamicCache {
            key_cache: states(SMALL, batch, past),
            value_cache: states(SMALL, batch, past),
            windows: Some(vec![None; SMALL.layers]),
        };
        LibraryCache::args((words(batch, length), cache))
    })
}
