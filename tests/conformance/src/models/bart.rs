//! BART, an encoder and a decoder with learned positions; its decoder generates with the two caches of the library.

use anyhow::Result;
use serde_json::Value;
use tch::nn::{self, Module as _};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;
use torch_export::pytree::cache::{CacheError, EncoderDecoderCache, InterleavedCache};

use crate::attention::{FeedForward, MultiHead, norm, padding};
use crate::case::Case;
use crate::list::Model;
use crate::recorder::Recorder;

/// All models of this file.
pub(crate) const MODELS: &[Model] =
    &[Model { name: "bart", record: whole }, Model { name: "bart_decoder", record: decoder }];

const VOCABULARY: i64 = 61;
const WIDTH: i64 = 32;
const HEADS: i64 = 4;
const LAYERS: usize = 2;
/// The longest text.
const LONGEST: i64 = 48;
/// The first rows of the table of positions are not used, as in BART.
const OFFSET: i64 = 2;

type Cache = EncoderDecoderCache<InterleavedCache<Tensor>>;

/// Words and their positions.
struct Embeddings {
    positions: nn::Embedding,
    norm: nn::LayerNorm,
}

impl Embeddings {
    fn new(path: &nn::Path<'_>) -> Embeddings {
        Embeddings {
            positions: nn::embedding(path / "embed_positions", LONGEST + OFFSET, WIDTH, Default::default()),
            norm: norm(path / "layernorm_embedding", WIDTH),
        }
    }

    fn forward(&self, words: &nn::Embedding, ids: &Tensor, past: i64) -> Tensor {
        let length = ids.size()[1];
        let positions = Tensor::arange_start(past, past + length, (Kind::Int64, Device::Cpu)) + OFFSET;
        (words.forward(ids) * f64::sqrt(WIDTH as f64) + self.positions.forward(&positions)).apply(&self.norm)
    }
}

struct EncoderLayer {
    attention: MultiHead,
    after: nn::LayerNorm,
    inner: FeedForward,
    last: nn::LayerNorm,
}

impl EncoderLayer {
    fn new(path: &nn::Path<'_>) -> EncoderLayer {
        EncoderLayer {
            attention: MultiHead::new(&(path / "self_attn"), WIDTH, HEADS),
            after: norm(path / "self_attn_layer_norm", WIDTH),
            inner: FeedForward::new(path, WIDTH),
            last: norm(path / "final_layer_norm", WIDTH),
        }
    }

    fn forward(&self, x: &Tensor, mask: &Tensor) -> Tensor {
        let x = (x + self.attention.forward(x, Some(mask))).apply(&self.after);
        (&x + x.apply(&self.inner)).apply(&self.last)
    }
}

struct DecoderLayer {
    itself: EncoderLayer,
    cross: MultiHead,
    norm: nn::LayerNorm,
}

impl DecoderLayer {
    fn new(path: &nn::Path<'_>) -> DecoderLayer {
        DecoderLayer {
            itself: EncoderLayer::new(path),
            cross: MultiHead::new(&(path / "encoder_attn"), WIDTH, HEADS),
            norm: norm(path / "encoder_attn_layer_norm", WIDTH),
        }
    }
}

struct Bart {
    words: nn::Embedding,
    encoder: (Embeddings, Vec<EncoderLayer>),
    decoder: (Embeddings, Vec<DecoderLayer>),
}

impl Bart {
    fn new(root: &nn::Path<'_>) -> Bart {
        let (encoder, decoder) = (root / "encoder", root / "decoder");
        let layers = 0..LAYERS;
        Bart {
            words: nn::embedding(root / "shared", VOCABULARY, WIDTH, Default::default()),
            encoder: (
                Embeddings::new(&encoder),
                layers.clone().map(|i| EncoderLayer::new(&(&encoder / "layers" / i))).collect(),
            ),
            decoder: (
                Embeddings::new(&decoder),
                layers.map(|i| DecoderLayer::new(&(&decoder / "layers" / i))).collect(),
            ),
        }
    }

    fn encode(&self, ids: &Tensor, mask: &Tensor) -> Tensor {
        let x = self.encoder.0.forward(&self.words, ids, 0);
        self.encoder.1.iter().fold(x, |x, layer| layer.forward(&x, mask))
    }

    /// The states of a text that the decoder looks at.
    fn cross(&self, encoded: &Tensor) -> InterleavedCache<Tensor> {
        InterleavedCache::new(self.decoder.1.iter().map(|layer| layer.cross.states(encoded)))
    }

    fn decode(&self, ids: &Tensor, cache: &mut Cache, mask: &Tensor) -> Result<Tensor, CacheError> {
        let past = cache.self_attention_cache.get_seq_length(0);
        let length = ids.size()[1];
        let causal = Tensor::full([length, past + length], f64::NEG_INFINITY, (Kind::Float, Device::Cpu));
        let causal = causal.triu(past + 1);
        let mut x = self.decoder.0.forward(&self.words, ids, past);
        for (i, layer) in self.decoder.1.iter().enumerate() {
            let (keys, values) = layer.itself.attention.states(&x);
            let (keys, values) = cache.self_attention_cache.update(i, keys, values)?;
            let seen = layer.itself.attention.look(&x, &keys, &values, Some(&causal));
            x = (x + seen).apply(&layer.itself.after);
            let encoded = &cache.cross_attention_cache.layers[i];
            let seen = layer.cross.look(&x, &encoded.key, &encoded.value, Some(mask));
            x = (x + seen).apply(&layer.norm);
            x = (&x + x.apply(&layer.itself.inner)).apply(&layer.itself.last);
        }
        Ok(x.matmul(&self.words.ws.tr()))
    }
}

/// The text, and the text to be decoded, without a cache.
struct Whole(Bart);

#[module]
impl Whole {
    fn forward(
        &self,
        input_ids: &Tensor,
        attention_mask: &Tensor,
        decoder_input_ids: &Tensor,
    ) -> Result<Tensor, CacheError> {
        let mask = padding(attention_mask, Kind::Float);
        let encoded = self.0.encode(input_ids, &mask);
        let mut cache = Cache::new(InterleavedCache::new([]), self.0.cross(&encoded));
        self.0.decode(decoder_input_ids, &mut cache, &mask)
    }
}

/// One step, with the states of the encoder in the cache.
struct Decoder(Bart);

#[module]
impl Decoder {
    fn forward(
        &self,
        decoder_input_ids: &Tensor,
        #[returned] past_key_values: &mut Cache,
        attention_mask: &Tensor,
    ) -> Result<Tensor, CacheError> {
        self.0.decode(decoder_input_ids, past_key_values, &padding(attention_mask, Kind::Float))
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
    let model = Whole(Bart::new(&store.root()));
    let sizes = [[2, 7, 4], [3, 9, 5], [4, 5, 11], [1, 30, 3], [5, 48, 48]];
    let [first, second, unseen @ ..] =
        sizes.map(|[batch, text, length]| Whole::args((ids(batch, text), mask(batch, text), ids(batch, length))));
    let case = Case::new(model, [first, second], unseen);
    recorder.case(&case, |_, export| export.parameters(&store))
}

fn decoder(recorder: &Recorder<'_>) -> Result<Value> {
    let store = nn::VarStore::new(Device::Cpu);
    let model = Decoder(Bart::new(&store.root()));
    let args = |[batch, text, length, past]: [i64; 4]| {
        let states = || Tensor::randn([batch, HEADS, past, WIDTH / HEADS], (Kind::Float, Device::Cpu));
        let itself = InterleavedCache::new((0..LAYERS).map(|_| (states(), states())));
        let text_mask = mask(batch, text);
        let cross = model.0.cross(&model.0.encode(&ids(batch, text), &padding(&text_mask, Kind::Float)));
        Decoder::args((ids(batch, length), Cache::new(itself, cross), text_mask))
    };
    let sizes = [[2, 7, 4, 6], [3, 9, 5, 8], [4, 5, 11, 0], [1, 30, 1, 9], [5, 48, 20, 28]];
    let ([first, second, unseen @ ..], prompt) = tch::no_grad(|| (sizes.map(args), args([1, 9, 3, 0])));
    let case = Case::new(model, [first, second], unseen).generates_from(prompt);
    recorder.case(&case, |_, export| export.parameters(&store))
}
