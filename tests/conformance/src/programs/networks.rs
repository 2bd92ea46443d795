//! Typical networks: a decoder with a cache, convolutions with a skip connection, a recurrent network, an encoder with a
//! padding mask, sorting and losses.

use anyhow::Result;
use tch::nn::{self, Module as _, ModuleT as _, RNN as _};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;

use crate::pages::randn;
use crate::record::{Case, Recorder};

/// The keys and values of each layer so far.
#[derive(PyTree)]
#[pytree(name = "conformance.Past", as = "mapping")]
struct Past {
    keys: Vec<Tensor>,
    values: Vec<Tensor>,
}

/// A layer of a language model: normed attention with rotary positions and a gated feed-forward part.
struct Block {
    query: nn::Linear,
    key: nn::Linear,
    value: nn::Linear,
    out: nn::Linear,
    gate: nn::Linear,
    up: nn::Linear,
    down: nn::Linear,
    norm: Tensor,
}

const HEADS: i64 = 2;
const WIDTH: i64 = 4;

fn rms_norm(x: &Tensor, weight: &Tensor) -> Tensor {
    let variance = x.pow_tensor_scalar(2).mean_dim([-1].as_slice(), true, None::<Kind>);
    weight * (x * (variance + 1e-5).rsqrt())
}

fn rotated(x: &Tensor, cos: &Tensor, sin: &Tensor) -> Tensor {
    let halves = x.chunk(2, -1);
    let turned = Tensor::cat(&[halves[1].neg(), halves[0].shallow_clone()], -1);
    x * cos + turned * sin
}

impl Block {
    fn new(path: nn::Path<'_>) -> Block {
        let no_bias = nn::LinearConfig { bias: false, ..Default::default() };
        let (model, inner) = (HEADS * WIDTH, 12);
        let layer = |name: &str, from, to| nn::linear(&path / name, from, to, no_bias);
        Block {
            query: layer("query", model, model),
            key: layer("key", model, model),
            value: layer("value", model, model),
            out: layer("out", model, model),
            gate: layer("gate", model, inner),
            up: layer("up", model, inner),
            down: layer("down", inner, model),
            norm: (&path / "norm").ones("weight", &[model]),
        }
    }

    fn forward(&self, x: &Tensor, (cos, sin): (&Tensor, &Tensor), mask: &Tensor, past: [&Tensor; 2]) -> [Tensor; 3] {
        let sizes = x.size();
        let (batch, length) = (sizes[0], sizes[1]);
        let normed = rms_norm(x, &self.norm);
        let heads = |layer: &nn::Linear| layer.forward(&normed).view([batch, length, HEADS, WIDTH]).transpose(1, 2);
        let (query, key, value) = (heads(&self.query), heads(&self.key), heads(&self.value));
        let (query, key) = (rotated(&query, cos, sin), rotated(&key, cos, sin));
        let keys = Tensor::cat(&[past[0], &key], 2);
        let values = Tensor::cat(&[past[1], &value], 2);
        let scores = query.matmul(&keys.transpose(2, 3)) * 0.5 + mask;
        let mixed = scores.softmax(-1, None::<Kind>).matmul(&values);
        let joined = mixed.transpose(1, 2).reshape([batch, length, HEADS * WIDTH]);
        let x = x + self.out.forward(&joined);
        let normed = rms_norm(&x, &self.norm);
        let inner = self.gate.forward(&normed).silu() * self.up.forward(&normed);
        [x + self.down.forward(&inner), keys, values]
    }
}

/// A decoder of two layers. It takes ids, positions and a mask, and returns the last token's logits and the longer cache.
struct Decoder {
    store: nn::VarStore,
    tokens: nn::Embedding,
    blocks: Vec<Block>,
    frequencies: Tensor,
}

#[module]
impl Decoder {
    fn forward(&self, ids: &Tensor, positions: &Tensor, mask: &Tensor, past: &Past) -> (Tensor, Past) {
        let angles = positions.unsqueeze(-1) * &self.frequencies;
        let angles = Tensor::cat(&[&angles, &angles], -1).unsqueeze(1);
        let (cos, sin) = (angles.cos(), angles.sin());
        let mut x = self.tokens.forward(ids);
        let mut next = Past { keys: Vec::new(), values: Vec::new() };
        for (i, block) in self.blocks.iter().enumerate() {
            let [out, keys, values] = block.forward(&x, (&cos, &sin), mask, [&past.keys[i], &past.values[i]]);
            x = out;
            next.keys.push(keys);
            next.values.push(values);
        }
        let logits = x.select(1, -1).matmul(&self.tokens.ws.transpose(0, 1));
        (logits, next)
    }
}

/// A stem, a residual block and a classifier with pooling.
struct Residual {
    store: nn::VarStore,
    stem: nn::Conv2D,
    norm: nn::BatchNorm,
    first: nn::Conv2D,
    second: nn::Conv2D,
    head: nn::Linear,
}

#[module]
impl Residual {
    fn forward(&self, image: &Tensor) -> Tensor {
        let x = self.norm.forward_t(&self.stem.forward(image), false).relu();
        let x = x.max_pool2d([3, 3], [2, 2], [1, 1], [1, 1], false);
        let y = self.second.forward(&self.first.forward(&x).relu());
        let x = (x + y).relu();
        self.head.forward(&x.adaptive_avg_pool2d([1, 1]).flatten(1, -1))
    }
}

/// Convolutions down, then up to the size of the skip connection, and joined with it.
struct Skip {
    store: nn::VarStore,
    down: nn::Conv2D,
    up: nn::ConvTranspose2D,
}

#[module]
impl Skip {
    fn forward(&self, image: &Tensor) -> Tensor {
        let sizes = image.size();
        let low = self.down.forward(image).leaky_relu();
        let high = self.up.forward(&low);
        let high = high.upsample_nearest2d([sizes[2], sizes[3]], None, None);
        Tensor::cat(&[image, &high], 1)
    }
}

/// A recurrent layer from a state of zeros.
struct Recurrent {
    store: nn::VarStore,
    layer: nn::LSTM,
}

#[module]
impl Recurrent {
    fn forward(&self, x: &Tensor) -> Tensor {
        let state = self.layer.zero_state(x.size()[0]);
        let (out, _) = self.layer.seq_init(x, &state);
        out.select(1, -1)
    }
}

/// Attention with a padding mask.
struct Encoder {
    store: nn::VarStore,
    joint: nn::Linear,
    norm: nn::LayerNorm,
}

#[module]
impl Encoder {
    fn forward(&self, x: &Tensor, padding: &Tensor) -> Tensor {
        let parts = self.joint.forward(x).chunk(3, -1);
        let scores = parts[0].bmm(&parts[1].transpose(1, 2)) / 2.0;
        let scores = scores.masked_fill(&padding.unsqueeze(1), f64::NEG_INFINITY);
        let mixed = scores.softmax(-1, None::<Kind>).bmm(&parts[2]).dropout(0.1, false);
        let out = self.norm.forward(&(x + mixed).gelu("tanh"));
        let kept = padding.logical_not().unsqueeze(-1).to_kind(Kind::Float);
        (&out * &kept).sum_dim_intlist([1].as_slice(), false, None::<Kind>)
            / kept.sum_dim_intlist([1].as_slice(), false, None::<Kind>)
    }
}

/// The largest values, their order, and the values at their positions.
struct Picks;

#[module]
impl Picks {
    fn forward(&self, x: &Tensor, index: &Tensor) -> (Tensor, Tensor, Tensor, Tensor) {
        let (largest, places) = x.topk(2, 1, true, true);
        let (sorted, _) = x.sort(1, true);
        let running = sorted.softmax(-1, None::<Kind>).cumsum(1, None::<Kind>);
        let nucleus = running.le(0.9).logical_or(&sorted.eq_tensor(&sorted.amax([1].as_slice(), true)));
        let gathered = x.gather(1, index, false);
        let counts = x.zeros_like().scatter_add(1, index, &gathered.ones_like());
        (largest * places, sorted.where_self(&nucleus, &sorted.neg()), gathered, counts + x.argmax(1, true))
    }
}

/// Two losses and their sum.
struct Losses;

#[module]
impl Losses {
    fn forward(&self, logits: &Tensor, classes: &Tensor) -> (Tensor, Tensor) {
        let loss = logits.log_softmax(-1, None::<Kind>).nll_loss(classes);
        let picked = logits.gather(1, &classes.unsqueeze(1), false).squeeze_dim(1);
        let distance = picked.mse_loss(&picked.zeros_like(), tch::Reduction::Mean);
        (loss + &distance, distance)
    }
}

pub(crate) fn record(recorder: &mut Recorder) -> Result<()> {
    decoder(recorder);

    let store = nn::VarStore::new(Device::Cpu);
    let root = store.root();
    let config = |stride| nn::ConvConfig { stride, padding: 1, ..Default::default() };
    let norm = nn::BatchNormConfig { cudnn_enabled: false, ..Default::default() };
    let residual = Residual {
        stem: nn::conv2d(&root / "stem", 3, 4, 3, config(2)),
        norm: nn::batch_norm2d(&root / "norm", 4, norm),
        first: nn::conv2d(&root / "first", 4, 4, 3, config(1)),
        second: nn::conv2d(&root / "second", 4, 4, 3, config(1)),
        head: nn::linear(&root / "head", 4, 5, Default::default()),
        store,
    };
    let image = |n, h, w| Residual::args(randn(&[n, 3, h, w]));
    let sets = [image(2, 16, 20), image(3, 24, 28)];
    let case = Case::guessed("residual", residual, sets, [image(4, 33, 18), image(5, 17, 40)]);
    recorder.record_with(case, |model, export| export.parameters(&model.store));

    let store = nn::VarStore::new(Device::Cpu);
    let root = store.root();
    let up = nn::ConvTransposeConfig { stride: 2, ..Default::default() };
    let skip = Skip {
        down: nn::conv2d(&root / "down", 3, 4, 3, config(2)),
        up: nn::conv_transpose2d(&root / "up", 4, 3, 2, up),
        store,
    };
    let image = |n, h, w| Skip::args(randn(&[n, 3, h, w]));
    let sets = [image(2, 8, 10), image(3, 12, 14)];
    let case = Case::guessed("skip", skip, sets, [image(4, 9, 16), image(5, 15, 7)]);
    recorder.record_with(case, |model, export| export.parameters(&model.store));

    let store = nn::VarStore::new(Device::Cpu);
    let layer = nn::lstm(store.root() / "layer", 3, 4, Default::default());
    // torch unrolls the sequence, so its length is fixed there. Here it is dynamic.
    let x = |b| Recurrent::args(randn(&[b, 5, 3]));
    let case = Case::guessed("recurrent", Recurrent { store, layer }, [x(2), x(3)], [x(4), x(7)]);
    recorder.record_with(case, |model, export| export.parameters(&model.store));

    let store = nn::VarStore::new(Device::Cpu);
    let root = store.root();
    let norm = nn::LayerNormConfig { cudnn_enabled: false, ..Default::default() };
    let encoder = Encoder {
        joint: nn::linear(&root / "joint", 4, 12, Default::default()),
        norm: nn::layer_norm(&root / "norm", vec![4], norm),
        store,
    };
    let call = |b: i64, s: i64| {
        let padding = Tensor::arange(s, (Kind::Int64, Device::Cpu)).ge(s - 1).expand([b, s], false).contiguous();
        Encoder::args(randn(&[b, s, 4])).padding(padding)
    };
    let case = Case::guessed("encoder", encoder, [call(2, 5), call(3, 6)], [call(4, 9), call(7, 3)]);
    recorder.record_with(case, |model, export| export.parameters(&model.store));

    let call = |b, n| {
        let index = Tensor::randint(5, [b, n], (Kind::Int64, Device::Cpu));
        Picks::args(randn(&[b, 6])).index(index)
    };
    recorder.record(Case::guessed("picks", Picks, [call(2, 3), call(3, 4)], [call(4, 5), call(7, 2)]));

    let call = |b| {
        let classes = Tensor::randint(6, [b], (Kind::Int64, Device::Cpu));
        Losses::args(randn(&[b, 6])).classes(classes)
    };
    recorder.record(Case::guessed("losses", Losses, [call(2), call(3)], [call(4), call(9)]));
    Ok(())
}

fn decoder(recorder: &mut Recorder) {
    let store = nn::VarStore::new(Device::Cpu);
    let root = store.root();
    let frequencies = Tensor::from_slice(&[1f32, 0.1]);
    let decoder = Decoder {
        tokens: nn::embedding(&root / "tokens", 20, HEADS * WIDTH, Default::default()),
        blocks: (0..2).map(|i| Block::new(&root / format!("block{i}"))).collect(),
        frequencies,
        store,
    };
    let call = |batch: i64, length: i64, past: i64| {
        let ints = (Kind::Int64, Device::Cpu);
        let cached = || (0..2).map(|_| randn(&[batch, HEADS, past, WIDTH])).collect();
        Decoder::args(Tensor::randint(20, [batch, length], ints))
            .positions(Tensor::arange_start(past, past + length, ints).expand([batch, length], false).contiguous())
            .mask(randn(&[batch, 1, length, past + length]))
            .past(Past { keys: cached(), values: cached() })
    };
    let case = Case::guessed("decoder", decoder, [call(2, 3, 5), call(3, 4, 8)], [call(4, 7, 6), call(5, 2, 11)]);
    recorder
        .record_with(case, |model, export| export.parameters(&model.store).buffer("frequencies", &model.frequencies));
}
