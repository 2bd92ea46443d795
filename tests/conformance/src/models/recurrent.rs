//! LSTM and GRU with their states as inputs and outputs, and tch's char-rnn, which generates.

use anyhow::Result;
use serde_json::Value;
use tch::nn::{self, GRUState, LSTMState, Module as _, RNN as _, RNNConfig};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;

use crate::case::Case;
use crate::list::Model;
use crate::recorder::Recorder;

/// All models of this file.
pub(crate) const MODELS: &[Model] = &[
    Model { name: "lstm", record: lstm },
    Model { name: "gru", record: gru },
    Model { name: "lstm_tagger", record: tagger },
    Model { name: "char_rnn", record: char_rnn },
];

const INPUT: i64 = 12;
const HIDDEN: i64 = 20;
const LABELS: i64 = 53;
const FLOAT: (Kind, Device) = (Kind::Float, Device::Cpu);
const BOTH_WAYS: RNNConfig = RNNConfig {
    has_biases: true,
    num_layers: 2,
    dropout: 0.0,
    train: false,
    bidirectional: true,
    batch_first: true,
    w_ih_init: nn::init::DEFAULT_KAIMING_UNIFORM,
    w_hh_init: nn::init::DEFAULT_KAIMING_UNIFORM,
    b_ih_init: Some(nn::Init::Const(0.0)),
    b_hh_init: Some(nn::Init::Const(0.0)),
};

/// Batch and length. The length is the same in all sets, and so it is fixed: Python's export fixes it, and its
/// decompositions do so even where the program leaves it open.
const SIZES: [[i64; 2]; 5] = [[2, 7], [3, 7], [4, 7], [1, 7], [6, 7]];

struct Lstm(nn::LSTM);

#[module]
impl Lstm {
    fn forward(&self, x: &Tensor, state: &LSTMState) -> (Tensor, LSTMState) {
        self.0.seq_init(x, state)
    }
}

struct Gru(nn::GRU);

#[module]
impl Gru {
    fn forward(&self, x: &Tensor, state: &GRUState) -> (Tensor, GRUState) {
        self.0.seq_init(x, state)
    }
}

/// Labels of words, from both sides: the states begin with zeros.
struct Tagger {
    words: nn::Embedding,
    lstm: nn::LSTM,
    gru: nn::GRU,
    out: nn::Linear,
}

#[module]
impl Tagger {
    fn forward(&self, ids: &Tensor) -> Tensor {
        let (x, _) = self.lstm.seq(&self.words.forward(ids));
        let (x, _) = self.gru.seq(&x);
        x.apply(&self.out)
    }
}

/// tch's char-rnn: an LSTM and a linear layer.
struct CharRnn {
    lstm: nn::LSTM,
    linear: nn::Linear,
}

#[module]
impl CharRnn {
    fn forward(&self, ids: &Tensor, state: LSTMState) -> (Tensor, LSTMState) {
        let (output, state) = self.lstm.seq_init(&ids.onehot(LABELS), &state);
        (self.linear.forward(&output), state)
    }
}

fn ids(batch: i64, length: i64) -> Tensor {
    Tensor::randint(LABELS, [batch, length], (Kind::Int64, Device::Cpu))
}

fn lstm(recorder: &Recorder<'_>) -> Result<Value> {
    let store = nn::VarStore::new(Device::Cpu);
    let model = Lstm(nn::lstm(store.root(), INPUT, HIDDEN, BOTH_WAYS));
    let [first, second, unseen @ ..] = SIZES.map(|[batch, length]| {
        let state = || Tensor::randn([4, batch, HIDDEN], FLOAT);
        Lstm::args((Tensor::randn([batch, length, INPUT], FLOAT), LSTMState((state(), state()))))
    });
    recorder.case(&Case::new(model, [first, second], unseen), |_, export| export.parameters(&store))
}

fn gru(recorder: &Recorder<'_>) -> Result<Value> {
    let store = nn::VarStore::new(Device::Cpu);
    let model = Gru(nn::gru(store.root(), INPUT, HIDDEN, BOTH_WAYS));
    let [first, second, unseen @ ..] = SIZES.map(|[batch, length]| {
        let state = GRUState(Tensor::randn([4, batch, HIDDEN], FLOAT));
        Gru::args((Tensor::randn([batch, length, INPUT], FLOAT), state))
    });
    recorder.case(&Case::new(model, [first, second], unseen), |_, export| export.parameters(&store))
}

fn tagger(recorder: &Recorder<'_>) -> Result<Value> {
    let store = nn::VarStore::new(Device::Cpu);
    let root = store.root();
    let model = Tagger {
        words: nn::embedding(&root / "words", LABELS, INPUT, Default::default()),
        lstm: nn::lstm(&root / "lstm", INPUT, HIDDEN, BOTH_WAYS),
        gru: nn::gru(&root / "gru", 2 * HIDDEN, HIDDEN, BOTH_WAYS),
        out: nn::linear(&root / "out", 2 * HIDDEN, 5, Default::default()),
    };
    let [first, second, unseen @ ..] = SIZES.map(|[batch, length]| Tagger::args(ids(batch, length)));
    recorder.case(&Case::new(model, [first, second], unseen), |_, export| export.parameters(&store))
}

fn char_rnn(recorder: &Recorder<'_>) -> Result<Value> {
    let store = nn::VarStore::new(Device::Cpu);
    let root = store.root();
    let model = CharRnn {
        lstm: nn::lstm(&root, LABELS, HIDDEN, Default::default()),
        linear: nn::linear(&root, HIDDEN, LABELS, Default::default()),
    };
    let args = |batch, length| CharRnn::args((ids(batch, length), model.lstm.zero_state(batch)));
    // One character at a time, as tch's example generates.
    let [first, second, unseen @ ..] = SIZES.map(|[batch, _]| args(batch, 1));
    let prompt = args(1, 1);
    let case = Case::new(model, [first, second], unseen).generates_from(prompt);
    recorder.case(&case, |_, export| export.parameters(&store))
}
