//! How long a fake run of a deep model takes: `cargo test --release -p torch-export --lib fake_speed -- --ignored --nocapture`.

use std::time::Instant;

use super::super::{Reference, fake_run, fake_tensor};
use super::F;
use crate::record::{Known, record};
use tch::nn::{self, Module};
use tch::{Device, Kind, Tensor};

struct Layer {
    norm: nn::LayerNorm,
    q: nn::Linear,
    k: nn::Linear,
    v: nn::Linear,
    out: nn::Linear,
    up: nn::Linear,
    down: nn::Linear,
}

const WIDTH: i64 = 64;
const HEADS: i64 = 4;

impl Layer {
    fn new(p: &nn::Path<'_>) -> Self {
        let linear = |name: &str, i, o| nn::linear(p / name, i, o, Default::default());
        Self {
            norm: nn::layer_norm(p / "norm", vec![WIDTH], Default::default()),
            q: linear("q", WIDTH, WIDTH),
            k: linear("k", WIDTH, WIDTH),
            v: linear("v", WIDTH, WIDTH),
            out: linear("out", WIDTH, WIDTH),
            up: linear("up", WIDTH, 4 * WIDTH),
            down: linear("down", 4 * WIDTH, WIDTH),
        }
    }

    fn forward(&self, x: &Tensor, key: &Tensor, value: &Tensor) -> (Tensor, Tensor, Tensor) {
        let (b, s) = (x.size()[0], x.size()[1]);
        let heads = |t: Tensor| t.view([b, s, HEADS, WIDTH / HEADS]).transpose(1, 2);
        let y = self.norm.forward(x);
        let (q, k, v) = (heads(self.q.forward(&y)), heads(self.k.forward(&y)), heads(self.v.forward(&y)));
        let (k, v) = (Tensor::cat(&[key, &k], 2), Tensor::cat(&[value, &v], 2));
        let mask = Tensor::ones([s, k.size()[2]], (Kind::Bool, Device::Cpu)).tril(k.size()[2] - s).logical_not();
        let scores = q.matmul(&k.transpose(2, 3)) / ((WIDTH / HEADS) as f64).sqrt();
        let scores = scores.masked_fill(&mask, f64::NEG_INFINITY).softmax(-1, Kind::Float);
        let y = scores.matmul(&v).transpose(1, 2).contiguous().view([b, s, WIDTH]);
        let x = x + self.out.forward(&y);
        (&x + self.down.forward(&self.up.forward(&x).silu()), k, v)
    }
}

/// A number of `/proc/self/status` in MB.
fn memory(name: &str) -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().find_map(|word| word.parse::<i64>().ok()).unwrap_or(0) / 1024
}

#[test]
#[ignore = "a measurement"]
fn fake_speed() {
    tch::set_num_threads(1);
    let _no_grad = tch::no_grad_guard();
    let store = nn::VarStore::new(Device::Cpu);
    let layers: Vec<Layer> = (0..32).map(|i| Layer::new(&(store.root() / i))).collect();
    let f = |x: &[Tensor]| {
        let mut y = x[0].shallow_clone();
        let mut cache = Vec::new();
        for (i, layer) in layers.iter().enumerate() {
            let (next, k, v) = layer.forward(&y, &x[1 + 2 * i], &x[2 + 2 * i]);
            y = next;
            cache.extend([k, v]);
        }
        cache.push(y);
        cache
    };
    let inputs = |b: i64, s: i64, past: i64, make: &dyn Fn(&[i64]) -> Tensor| {
        let mut all = vec![make(&[b, s, WIDTH])];
        all.extend((0..64).map(|_| make(&[b, HEADS, past, WIDTH / HEADS])));
        all
    };
    let weights: Vec<Tensor> = store.variables().into_values().collect();
    let known = |x: &[Tensor]| x.iter().chain(&weights).map(Tensor::shallow_clone).collect::<Vec<_>>();
    let x = inputs(2, 3, 5, &|sizes| Tensor::rand(sizes, F));
    let own = known(&x);
    let start = Instant::now();
    let (_, trace) = record(&Known::new().with_inputs(&own), || f(&x)).unwrap();
    println!("real: {} calls, {:.1} ms", trace.calls.len(), start.elapsed().as_secs_f64() * 1e3);
    let reference = Reference::new(&trace).unwrap();
    let like = Tensor::rand([1], F);
    let (before, runs) = (memory("VmHWM:"), 200);
    let fakes = inputs(1_048_573, 65_537, 77_021, &|sizes| fake_tensor(&like, sizes, None).unwrap());
    let own = known(&fakes);
    let run = || fake_run(&Known::new().with_inputs(&own), &reference, &[], || f(&fakes)).unwrap().1;
    assert_eq!(run().stop, None);
    let start = Instant::now();
    for _ in 0..runs {
        assert_eq!(run().stop, None);
    }
    let each = start.elapsed().as_secs_f64() / f64::from(runs);
    let calls = trace.calls.len() as f64;
    println!(
        "fake: {:.2} ms, {:.2} µs a call, peak memory grew by {} MB",
        each * 1e3,
        each * 1e6 / calls,
        memory("VmHWM:") - before
    );
}
