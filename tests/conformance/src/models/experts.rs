//! Mixtures of experts: tokens that go to their experts only, and all experts for all tokens.

use anyhow::Result;
use serde_json::Value;
use tch::nn;
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;

use crate::attention::FeedForward;
use crate::case::Case;
use crate::list::Model;
use crate::recorder::Recorder;

/// All models of this file.
pub(crate) const MODELS: &[Model] =
    &[Model { name: "experts_routed", record: routed }, Model { name: "experts_dense", record: dense }];

const WIDTH: i64 = 16;
const EXPERTS: i64 = 4;
const CHOSEN: i64 = 2;

/// The weights and the numbers of the experts of each token, `[tokens, chosen]`.
fn choose(router: &nn::Linear, tokens: &Tensor) -> (Tensor, Tensor) {
    let (weights, experts) = tokens.apply(router).softmax(-1, Kind::Float).topk(CHOSEN, -1, true, true);
    let sum = weights.sum_dim_intlist([-1].as_slice(), true, None::<Kind>);
    (weights / sum, experts)
}

/// Each expert sees the tokens that chose it.
struct Routed {
    router: nn::Linear,
    experts: Vec<FeedForward>,
}

#[module]
impl Routed {
    fn forward(&self, x: &Tensor) -> Tensor {
        let (batch, length, width) = x.size3().unwrap_or_default();
        let tokens = x.view([batch * length, width]);
        let (weights, experts) = choose(&self.router, &tokens);
        let mut out = tokens.zeros_like();
        for (number, expert) in self.experts.iter().enumerate() {
            let hits = experts.eq(number as i64).nonzero();
            let (rows, places) = (hits.select(1, 0), hits.select(1, 1));
            let weight = weights.index_select(0, &rows).gather(1, &places.unsqueeze(1), false);
            let seen = tokens.index_select(0, &rows).apply(expert) * weight;
            out = out.index_add(0, &rows, &seen);
        }
        out.view([batch, length, width])
    }
}

/// All experts see all tokens, and the weights of those that were not chosen are zero.
struct Dense {
    router: nn::Linear,
    up: Tensor,
    down: Tensor,
}

#[module]
impl Dense {
    fn forward(&self, x: &Tensor) -> Tensor {
        let (batch, length, width) = x.size3().unwrap_or_default();
        let tokens = x.view([-1, width]);
        let (weights, experts) = choose(&self.router, &tokens);
        let all = Tensor::zeros([batch * length, EXPERTS], (Kind::Float, Device::Cpu)).scatter(1, &experts, &weights);
        let inner = Tensor::einsum("tw,ewi->eti", &[&tokens, &self.up], None::<&[i64]>).silu();
        let seen = inner.bmm(&self.down);
        Tensor::einsum("te,etw->tw", &[&all, &seen], None::<&[i64]>).view([batch, length, width])
    }
}

const SIZES: [[i64; 2]; 5] = [[2, 7], [3, 9], [4, 5], [1, 30], [6, 2]];

fn input([batch, length]: [i64; 2]) -> Tensor {
    Tensor::randn([batch, length, WIDTH], (Kind::Float, Device::Cpu))
}

fn router(root: &nn::Path<'_>) -> nn::Linear {
    nn::linear(root / "gate", WIDTH, EXPERTS, nn::LinearConfig { bias: false, ..Default::default() })
}

fn routed(recorder: &Recorder<'_>) -> Result<Value> {
    let store = nn::VarStore::new(Device::Cpu);
    let root = store.root();
    let experts = (0..EXPERTS).map(|i| FeedForward::new(&(&root / "experts" / i), WIDTH)).collect();
    let model = Routed { router: router(&root), experts };
    let [first, second, unseen @ ..] = SIZES.map(|sizes| Routed::args(input(sizes)));
    recorder.case(&Case::new(model, [first, second], unseen), |_, export| export.parameters(&store))
}

fn dense(recorder: &Recorder<'_>) -> Result<Value> {
    let store = nn::VarStore::new(Device::Cpu);
    let root = store.root();
    let model = Dense {
        router: router(&root),
        up: root.randn("up", &[EXPERTS, WIDTH, 2 * WIDTH], 0.0, 0.2),
        down: root.randn("down", &[EXPERTS, 2 * WIDTH, WIDTH], 0.0, 0.2),
    };
    let [first, second, unseen @ ..] = SIZES.map(|sizes| Dense::args(input(sizes)));
    recorder.case(&Case::new(model, [first, second], unseen), |_, export| export.parameters(&store))
}
