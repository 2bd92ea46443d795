//! What language models do: caches of the library, and decoders that look at their own tokens.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

#[macro_use]
mod capture_support;

use capture_support::{guessed, header, randn, refused, same};
use tch::nn::{self, GRUState, LSTMState, Module as _, RNN as _};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;
use torch_export::pytree::cache::{CacheError, DynamicCache, make_dynamic_cache};

model! { Grows(x: &Tensor, #[returned] cache: &mut DynamicCache<Tensor>) -> Result<Tensor, CacheError> {
    let (keys, values) = cache.update(0, x.sin(), x.cos())?;
    Ok(keys * values)
} }

#[test]
fn a_cache_of_the_library_in_a_forward_that_may_fail() {
    let set = |batch: i64, length: i64, past: i64| {
        let state = || randn(&[batch, 4, past, 8]);
        Grows::args((randn(&[batch, 4, length, 8]), make_dynamic_cache([(state(), state())])))
    };
    let program = guessed(&Grows, [set(2, 3, 5), set(3, 4, 8)]).unwrap();
    // That the batches are equal is known from the op that joins the states, not from the cache's own check.
    let sizes: Vec<String> = header(&program).split('"').filter(|s| s.starts_with("f32")).map(str::to_owned).collect();
    let batch = sizes[0][4..].split(',').next().unwrap().to_owned();
    assert!(sizes.len() == 3 && sizes.iter().all(|s| s[4..].starts_with(&batch)), "{sizes:?}");
    same(&Grows, &program, [set(1, 6, 0), set(5, 1, 9)]);

    let mut cache = make_dynamic_cache([(randn(&[2, 4, 5, 8]), randn(&[2, 4, 5, 8]))]);
    let error = cache.update(0, randn(&[3, 4, 1, 8]), randn(&[3, 4, 1, 8])).unwrap_err();
    assert!(matches!(error, CacheError::Join { .. }), "{error:?}");
}

struct Recurrent {
    lstm: nn::LSTM,
    gru: nn::GRU,
}

#[module]
impl Recurrent {
    fn forward(&self, x: &Tensor, state: &LSTMState, hidden: &GRUState) -> (Tensor, LSTMState, GRUState) {
        let (x, state) = self.lstm.seq_init(x, state);
        let (x, hidden) = self.gru.seq_init(&x, hidden);
        (x, state, hidden)
    }
}

#[test]
fn recurrent_layers_with_their_states_among_the_inputs() {
    for (bidirectional, num_layers, batch_first) in [(true, 2, true), (false, 1, false), (true, 1, false)] {
        let store = nn::VarStore::new(Device::Cpu);
        let root = store.root();
        let config = nn::RNNConfig { bidirectional, num_layers, batch_first, ..Default::default() };
        let directions = 1 + i64::from(bidirectional);
        let model = Recurrent {
            lstm: nn::lstm(&root / "lstm", 3, 4, config),
            gru: nn::gru(&root / "gru", 4 * directions, 5, config),
        };
        let set = |batch: i64, length: i64| {
            let x = if batch_first { randn(&[batch, length, 3]) } else { randn(&[length, batch, 3]) };
            let state = |width| randn(&[num_layers * directions, batch, width]);
            Recurrent::args((x, LSTMState((state(4), state(4))), GRUState(state(5))))
        };
        let inputs = ModelInputs::new(&model, [set(2, 7), set(3, 9)]).unwrap();
        let shapes = inputs.guess_dynamic_shapes().unwrap();
        let program = Export::new(&model, &inputs).dynamic_shapes(&shapes).parameters(&store).run().unwrap();
        assert_eq!(program.range_constraints.len(), 2, "{program}");
        same(&model, &program, [set(1, 5), set(6, 1), set(4, 12)]);
    }
}

const WORDS: i64 = 11;
const HIDDEN: i64 = 8;
const END: i64 = 1;

/// A translation with attention, which ends when its own token says so.
struct Translation {
    words: nn::Embedding,
    encoder: nn::GRU,
    decoder: nn::GRU,
    attention: nn::Linear,
    out: nn::Linear,
    read: fn(&Tensor) -> i64,
}

#[module]
impl Translation {
    fn forward(&self, ids: &Tensor) -> Tensor {
        let (states, mut state) = self.encoder.seq(&self.words.forward(ids));
        let mut token = Tensor::zeros([1, 1], (Kind::Int64, Device::Cpu));
        let mut outputs = Vec::new();
        for _ in 0..5 {
            let word = self.words.forward(&token);
            let scores = states.matmul(&word.apply(&self.attention).transpose(1, 2));
            let seen = scores.softmax(1, Kind::Float).transpose(1, 2).matmul(&states);
            let (output, next) = self.decoder.seq_init(&Tensor::cat(&[word, seen], -1), &state);
            let logits = output.apply(&self.out);
            token = logits.argmax(-1, false);
            state = next;
            outputs.push(logits);
            if (self.read)(&token) == END {
                break;
            }
        }
        Tensor::cat(&outputs, 1)
    }
}

/// The error for a model that reads its token in this way.
fn refusal(read: fn(&Tensor) -> i64) -> String {
    tch::manual_seed(0);
    let store = nn::VarStore::new(Device::Cpu);
    let root = store.root();
    let gru = |name: &str, from| nn::gru(&root / name, from, HIDDEN, Default::default());
    let linear = |name: &str, from, to| nn::linear(&root / name, from, to, Default::default());
    let model = Translation {
        words: nn::embedding(&root / "words", WORDS, HIDDEN, Default::default()),
        encoder: gru("encoder", HIDDEN),
        decoder: gru("decoder", 2 * HIDDEN),
        attention: linear("attention", HIDDEN, HIDDEN),
        out: linear("out", HIDDEN, WORDS),
        read,
    };
    let set = |length: i64| Translation::args(Tensor::randint(WORDS, [1, length], (Kind::Int64, Device::Cpu)));
    let inputs = ModelInputs::new(&model, [set(4), set(6)]).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    refused(Export::new(&model, &inputs).dynamic_shapes(&shapes).parameters(&store).run()).to_string()
}

#[test]
fn a_decoder_that_ends_at_a_token_is_refused() {
    let copied = refusal(|token| i64::try_from(token.view([])).unwrap());
    assert!(copied.starts_with("the forward reads values of a tensor that depends on the inputs"), "{copied}");
    let single = refusal(|token| token.int64_value(&[0, 0]));
    assert!(single.starts_with("the forward depends on a number that comes out of a tensor"), "{single}");
    assert!(single.contains("instead of") && single.contains("it calls `aten.cat.default`"), "{single}");
    for error in [copied, single] {
        assert!(error.contains("capture_language.rs:") && error.contains("where_self"), "{error}");
    }
}
