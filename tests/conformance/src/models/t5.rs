//! T5, an encoder and a decoder with biases by relative positions; its decoder generates with the states of the encoder
//! among its inputs.

use anyhow::Result;
use serde_json::Value;
use tch::nn::{self, Module as _};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;

use crate::case::Case;
use crate::list::Model;
use crate::recorder::Recorder;

/// All models of this file.
pub(crate) const MODELS: &[Model] =
    &[Model { name: "t5", record: whole }, Model { name: "t5_decoder", record: decoder }];

const VOCABULARY: i64 = 59;
const WIDTH: i64 = 32;
const HEADS: i64 = 4;
const HEAD: i64 = 8;
const LAYERS: usize = 2;
const BUCKETS: i64 = 16;
const FARTHEST: f64 = 40.0;

fn linear(path: nn::Path<'_>, from: i64, to: i64) -> nn::Linear {
    nn::linear(path, from, to, nn::LinearConfig { bias: false, ..Default::default() })
}

/// The norm of T5 divides by the root of the mean square.
struct Norm(Tensor);

impl Norm {
    fn new(path: nn::Path<'_>) -> Norm {
        Norm(path.ones("weight", &[WIDTH]))
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        let variance = x.to_kind(Kind::Float).square().mean_dim([-1].as_slice(), true, None::<Kind>);
        x * (variance + 1e-6).rsqrt() * &self.0
    }
}

/// The number of the bucket of each distance.
fn buckets(relative: &Tensor, both_sides: bool) -> Tensor {
    let count = if both_sides { BUCKETS / 2 } else { BUCKETS };
    let (first, distance) = if both_sides {
        (relative.gt(0).to_kind(Kind::Int64) * count, relative.abs())
    } else {
        (relative.zeros_like(), -relative.minimum(&relative.zeros_like()))
    };
    let exact = count / 2;
    let near = distance.lt(exact);
    let logarithm = (distance.to_kind(Kind::Float) / exact as f64).log() / f64::ln(FARTHEST / exact as f64);
    let far = (logarithm * (count - exact) as f64).to_kind(Kind::Int64) + exact;
    let far = far.minimum(&far.full_like(count - 1));
    first + distance.where_self(&near, &far)
}

struct Attention {
    query: nn::Linear,
    key: nn::Linear,
    value: nn::Linear,
    out: nn::Linear,
}

impl Attention {
    fn new(path: &nn::Path<'_>) -> Attention {
        let [query, key, value] = ["q", "k", "v"].map(|name| linear(path / name, WIDTH, HEADS * HEAD));
        Attention { query, key, value, out: linear(path / "o", HEADS * HEAD, WIDTH) }
    }

    fn split(layer: &nn::Linear, x: &Tensor) -> Tensor {
        let (batch, length, _) = x.size3().unwrap_or_default();
        x.apply(layer).view([batch, length, HEADS, HEAD]).transpose(1, 2)
    }

    fn states(&self, x: &Tensor) -> (Tensor, Tensor) {
        (Self::split(&self.key, x), Self::split(&self.value, x))
    }

    fn look(&self, x: &Tensor, keys: &Tensor, values: &Tensor, bias: &Tensor) -> Tensor {
        let (batch, length, _) = x.size3().unwrap_or_default();
        let scores = Self::split(&self.query, x).matmul(&keys.transpose(3, 2)) + bias;
        let seen = scores.softmax(-1, Kind::Float).type_as(&scores).matmul(values);
        seen.transpose(1, 2).contiguous().view([batch, length, HEADS * HEAD]).apply(&self.out)
    }
}

/// Values that half precision cannot hold are cut off there.
fn clamped(x: Tensor) -> Tensor {
    let infinite = x.isinf().any();
    let largest = Tensor::full_like(&infinite.to_kind(Kind::Float), 64504.0);
    if x.kind() == Kind::Half { x.clamp_tensor(Some(largest.neg()), Some(largest)) } else { x }
}

struct Layer {
    before: Norm,
    attention: Attention,
    cross: Option<(Norm, Attention)>,
    after: Norm,
    up: nn::Linear,
    down: nn::Linear,
}

impl Layer {
    fn new(path: &nn::Path<'_>, decodes: bool) -> Layer {
        let cross = || (Norm::new(path / "cross_norm"), Attention::new(&(path / "cross")));
        Layer {
            before: Norm::new(path / "norm"),
            attention: Attention::new(&(path / "attention")),
            cross: decodes.then(cross),
            after: Norm::new(path / "ff_norm"),
            up: linear(path / "wi", WIDTH, 2 * WIDTH),
            down: linear(path / "wo", 2 * WIDTH, WIDTH),
        }
    }

    /// The states of the layer before these tokens, if it keeps them, become those with them.
    fn forward(&self, x: &Tensor, bias: &Tensor, past: Option<&mut State>, text: Option<(&Tensor, &Tensor)>) -> Tensor {
        let normal = self.before.forward(x);
        let (mut keys, mut values) = self.attention.states(&normal);
        if let Some(past) = past {
            keys = Tensor::cat(&[&past.keys, &keys], 2);
            values = Tensor::cat(&[&past.values, &values], 2);
            *past = State { keys: keys.shallow_clone(), values: values.shallow_clone() };
        }
        let mut x = clamped(x + self.attention.look(&normal, &keys, &values, bias));
        if let (Some((norm, cross)), Some((text, mask))) = (&self.cross, text) {
            let (keys, values) = cross.states(text);
            x = clamped(&x + cross.look(&norm.forward(&x), &keys, &values, mask));
        }
        clamped(&x + self.after.forward(&x).apply(&self.up).relu().apply(&self.down))
    }
}

struct Stack {
    bias: nn::Embedding,
    layers: Vec<Layer>,
    norm: Norm,
}

impl Stack {
    fn new(path: &nn::Path<'_>, decodes: bool) -> Stack {
        Stack {
            bias: nn::embedding(path / "relative_attention_bias", BUCKETS, HEADS, Default::default()),
            layers: (0..LAYERS).map(|i| Layer::new(&(path / "block" / i), decodes)).collect(),
            norm: Norm::new(path / "final_layer_norm"),
        }
    }

    /// `[1, heads, length, all]`.
    fn bias(&self, past: i64, length: i64, both_sides: bool) -> Tensor {
        let options = (Kind::Int64, Device::Cpu);
        let from = Tensor::arange_start(past, past + length, options).unsqueeze(1);
        let to = Tensor::arange(past + length, options).unsqueeze(0);
        self.bias.forward(&buckets(&(to - from), both_sides)).permute([2, 0, 1]).unsqueeze(0)
    }
}

/// The keys and values of a layer: `[batch, heads, length, width]`.
#[derive(PyTree)]
#[pytree(name = "t5.State")]
struct State {
    keys: Tensor,
    values: Tensor,
}

struct T5 {
    words: nn::Embedding,
    encoder: Stack,
    decoder: Stack,
}

impl T5 {
    fn new(root: &nn::Path<'_>) -> T5 {
        T5 {
            words: nn::embedding(root / "shared", VOCABULARY, WIDTH, Default::default()),
            encoder: Stack::new(&(root / "encoder"), false),
            decoder: Stack::new(&(root / "decoder"), true),
        }
    }

    fn encode(&self, ids: &Tensor, mask: &Tensor) -> Tensor {
        let (batch, length) = ids.size2().unwrap_or_default();
        let mask = mask.unsqueeze(1).unsqueeze(1).expand([batch, 1, length, length], true);
        let bias = self.encoder.bias(0, length, true) + (1.0 - mask.to_kind(Kind::Float)) * -10000.0;
        let x = self.words.forward(ids);
        let x = self.encoder.layers.iter().fold(x, |x, layer| layer.forward(&x, &bias, None, None));
        self.encoder.norm.forward(&x)
    }

    fn decode(&self, ids: &Tensor, mut cache: Option<&mut Vec<State>>, text: &Tensor, mask: &Tensor) -> Tensor {
        let length = ids.size()[1];
        let past = cache.as_ref().map_or(0, |cache| cache[0].keys.size()[2]);
        let causal = Tensor::full([length, past + length], -10000.0, (Kind::Float, Device::Cpu)).triu(past + 1);
        let bias = self.decoder.bias(past, length, false) + causal;
        let mask = (1.0 - mask.unsqueeze(1).unsqueeze(1).to_kind(Kind::Float)) * -10000.0;
        let mut x = self.words.forward(ids);
        for (i, layer) in self.decoder.layers.iter().enumerate() {
            let past = cache.as_mut().map(|cache| &mut cache[i]);
            x = layer.forward(&x, &bias, past, Some((text, &mask)));
        }
        // The words are also the head.
        (self.decoder.norm.forward(&x) * f64::powf(WIDTH as f64, -0.5)).matmul(&self.words.ws.tr())
    }
}

/// The text, and the text to be decoded.
struct Whole(T5);

#[module]
impl Whole {
    fn forward(&self, input_ids: &Tensor, attention_mask: &Tensor, decoder_input_ids: &Tensor) -> Tensor {
        let encoded = self.0.encode(input_ids, attention_mask);
        self.0.decode(decoder_input_ids, None, &encoded, attention_mask)
    }
}

/// One step of the decoder.
struct Decoder(T5);

#[module]
impl Decoder {
    fn forward(
        &self,
        decoder_input_ids: &Tensor,
        #[returned] past_key_values: &mut Vec<State>,
        encoder_outputs: &Tensor,
        attention_mask: &Tensor,
    ) -> Tensor {
        self.0.decode(decoder_input_ids, Some(past_key_values), encoder_outputs, attention_mask)
    }
}

fn ids(batch: i64, length: i64) -> Tensor {
    Tensor::randint(VOCABULARY, [batch, length], (Kind::Int64, Device::Cpu))
}

/// A mask that leaves out the last token of the first text.
fn mask(batch: i64, length: i64) -> Tensor {
    let mask = Tensor::ones([batch, length], (Kind::Int64, Device::Cpu));
    let _ = mask.get(0).narrow(0, length - 1, 1).zero_();
    mask
}

fn whole(recorder: &Recorder<'_>) -> Result<Value> {
    let store = nn::VarStore::new(Device::Cpu);
    let model = Whole(T5::new(&store.root()));
    let sizes = [[2, 7, 4], [3, 9, 5], [4, 5, 11], [1, 50, 3], [5, 20, 70]];
    let [first, second, unseen @ ..] =
        sizes.map(|[batch, text, length]| Whole::args((ids(batch, text), mask(batch, text), ids(batch, length))));
    let case = Case::new(model, [first, second], unseen);
    recorder.case(&case, |_, export| export.parameters(&store))
}

fn decoder(recorder: &Recorder<'_>) -> Result<Value> {
    let store = nn::VarStore::new(Device::Cpu);
    let model = Decoder(T5::new(&store.root()));
    let args = |[batch, text, length, past]: [i64; 4]| {
        let state = || Tensor::randn([batch, HEADS, past, HEAD], (Kind::Float, Device::Cpu));
        let cache: Vec<State> = (0..LAYERS).map(|_| State { keys: state(), values: state() }).collect();
        let mask = mask(batch, text);
        let encoded = model.0.encode(&ids(batch, text), &mask);
        Decoder::args((ids(batch, length), cache, encoded, mask))
    };
    let sizes = [[2, 7, 4, 6], [3, 9, 5, 8], [4, 5, 11, 0], [1, 30, 1, 9], [5, 48, 20, 28]];
    let ([first, second, unseen @ ..], prompt) = tch::no_grad(|| (sizes.map(args), args([1, 9, 3, 0])));
    let case = Case::new(model, [first, second], unseen).generates_from(prompt);
    recorder.case(&case, |_, export| export.parameters(&store))
}
