//! Exports a language model written in tch and generates tokens with its program.
//!
//! ```text
//! cargo run -p examples --example generate_own -- FOLDER
//! ```
//!
//! It writes `generate_own.pt2` and `generate_own_nodes.py` to the folder, and prints the prompt and the tokens. They are those
//! of the model itself; `tests/conformance/generate.py` generates the same ones in Python.

use anyhow::{Context, Result, ensure};
use std::path::Path;
use tch::nn::{self, Module as _};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;

const WORDS: i64 = 64;
const MODEL: i64 = 32;
const HEADS: i64 = 4;
const WIDTH: i64 = MODEL / HEADS;
const LAYERS: usize = 2;
const TOKENS: usize = 20;
const PROMPT: [i64; 5] = [5, 17, 3, 42, 8];

/// The keys and values of each layer: `[batch, heads, length, width]`.
#[derive(PyTree)]
#[pytree(name = "generate_own.DynamicCache", as = "mapping")]
struct DynamicCache {
    key_cache: Vec<Tensor>,
    value_cache: Vec<Tensor>,
}

struct Layer {
    norm: nn::LayerNorm,
    qkv: nn::Linear,
    out: nn::Linear,
    up: nn::Linear,
    down: nn::Linear,
}

struct Decoder {
    weights: nn::VarStore,
    words: nn::Embedding,
    layers: Vec<Layer>,
    norm: nn::LayerNorm,
}

impl Decoder {
    fn new() -> Decoder {
        tch::manual_seed(0);
        let weights = nn::VarStore::new(Device::Cpu);
        let root = weights.root();
        let layers = (0..LAYERS).map(|layer| {
            let path = &root / "layers" / layer;
            let linear = |name: &str, from, to| nn::linear(&path / name, from, to, nn::LinearConfig::default());
            Layer {
                norm: nn::layer_norm(&path / "norm", vec![MODEL], nn::LayerNormConfig::default()),
                qkv: linear("qkv", MODEL, 3 * MODEL),
                out: linear("out", MODEL, MODEL),
                up: linear("up", MODEL, 4 * MODEL),
                down: linear("down", 4 * MODEL, MODEL),
            }
        });
        let layers = layers.collect();
        let words = nn::embedding(&root / "words", WORDS, MODEL, nn::EmbeddingConfig::default());
        let norm = nn::layer_norm(&root / "norm", vec![MODEL], nn::LayerNormConfig::default());
        Decoder { weights, words, layers, norm }
    }
}

impl Layer {
    fn forward(&self, x: &Tensor, mask: &Tensor, keys: &Tensor, values: &Tensor) -> [Tensor; 3] {
        let (batch, length, _) = x.size3().unwrap_or_default();
        let mixed = self.qkv.forward(&self.norm.forward(x)).view([batch, length, 3, HEADS, WIDTH]);
        let part = |index| mixed.select(2, index).transpose(1, 2);
        let keys = Tensor::cat(&[keys, &part(1)], 2);
        let values = Tensor::cat(&[values, &part(2)], 2);
        let scores = part(0).matmul(&keys.transpose(2, 3)) / f64::from(8).sqrt() + mask;
        let seen = scores.softmax(-1, Kind::Float).matmul(&values);
        let x = x + self.out.forward(&seen.transpose(1, 2).reshape([batch, length, MODEL]));
        let y = &x + self.down.forward(&self.up.forward(&x).relu());
        [y, keys, values]
    }
}

#[module]
impl Decoder {
    fn forward(&self, ids: &Tensor, cache: &DynamicCache) -> (Tensor, DynamicCache) {
        let length = ids.size()[1];
        let past = cache.key_cache[0].size()[2];
        // A token sees itself and those before it.
        let all = past + length;
        let mask = Tensor::full([length, all], f64::NEG_INFINITY, (Kind::Float, Device::Cpu)).triu(past + 1);
        let mut x = self.words.forward(ids);
        let mut longer = DynamicCache { key_cache: Vec::new(), value_cache: Vec::new() };
        for (layer, (keys, values)) in self.layers.iter().zip(cache.key_cache.iter().zip(&cache.value_cache)) {
            let [y, keys, values] = layer.forward(&x, &mask, keys, values);
            longer.key_cache.push(keys);
            longer.value_cache.push(values);
            x = y;
        }
        (self.norm.forward(&x).matmul(&self.words.ws.tr()), longer)
    }
}

fn cache(batch: i64, length: i64) -> DynamicCache {
    let states = || (0..LAYERS).map(|_| Tensor::randn([batch, HEADS, length, WIDTH], (Kind::Float, Device::Cpu)));
    DynamicCache { key_cache: states().collect(), value_cache: states().collect() }
}

/// The tokens with the largest logits after the prompt.
fn generate(step: impl Fn(Tensor, DynamicCache) -> Result<(Tensor, DynamicCache)>) -> Result<Vec<i64>> {
    let (mut ids, mut state, mut tokens) = (Tensor::from_slice(&PROMPT).unsqueeze(0), cache(1, 0), Vec::new());
    while tokens.len() < TOKENS {
        let (logits, longer) = step(ids, state)?;
        ids = logits.select(1, -1).argmax(-1, true);
        state = longer;
        tokens.push(ids.int64_value(&[0, 0]));
    }
    Ok(tokens)
}

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).context("usage: generate_own FOLDER")?;
    let folder = Path::new(&folder);
    let model = Decoder::new();
    let ids = |batch, length| Tensor::randint(WORDS, [batch, length], (Kind::Int64, Device::Cpu));
    let sets = [Decoder::args(ids(2, 3)).cache(cache(2, 5)), Decoder::args(ids(3, 4)).cache(cache(3, 8))];
    let inputs = ModelInputs::new(&model, sets)?;
    let export = Export::new(&model, &inputs).dynamic_shapes(&inputs.guess_dynamic_shapes()?);
    let program = export.parameters(&model.weights).run()?;
    let path = folder.join("generate_own.pt2");
    program.save(&path)?;
    std::fs::write(folder.join("generate_own_nodes.py"), program.python_module())?;

    let module = ExportedProgram::load(&path)?.module()?;
    let by_program = generate(|ids, cache| Ok(module.call(&Decoder::args(ids).cache(cache))?))?;
    let by_model = generate(|ids, cache| Ok(tch::no_grad(|| model.call(&Decoder::args(ids).cache(cache)))?))?;
    ensure!(by_program == by_model, "the program gives {by_program:?}, the model {by_model:?}");
    println!("{}", PROMPT.map(|id| id.to_string()).join(" "));
    println!("{by_program:?}");
    Ok(())
}
