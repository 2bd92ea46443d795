//! Models at several sizes: a fake run has the numbers of a real run.

use super::super::{Place, Reference, fake_run, fake_tensor};
use super::F;
use crate::record::{Known, record};
use tch::nn::{self, Module, RNN};
use tch::{Device, Kind, Tensor};

/// Compares fake runs with real runs of `f` at these sizes. All are compared with the recording of the first.
fn same_at(store: &nn::VarStore, inputs: &[Vec<Tensor>], f: impl Fn(&[Tensor]) -> Vec<Tensor>) {
    let mut weights: Vec<(String, Tensor)> = store.variables().into_iter().collect();
    weights.sort_by(|a, b| a.0.cmp(&b.0));
    let known = |x: &[Tensor]| -> Vec<Tensor> {
        let weights = weights.iter().map(|(_, tensor)| tensor.shallow_clone());
        x.iter().map(Tensor::shallow_clone).chain(weights).collect()
    };
    let real = |x: &[Tensor]| {
        let own = known(x);
        let before: Vec<Tensor> = weights.iter().map(|(_, t)| t.detach().copy()).collect();
        let (y, mut trace) = record(&Known::new().with_inputs(&own), || f(x)).unwrap();
        let ids: Vec<_> = y.iter().map(|t| trace.value_of(t).unwrap()).collect();
        tch::no_grad(|| weights.iter().zip(&before).for_each(|((_, t), old)| t.shallow_clone().copy_(old)));
        (trace, ids)
    };
    let (trace, ids) = real(&inputs[0]);
    let reference = Reference::new(&trace).unwrap();
    for x in inputs {
        let (at_x, _) = real(x);
        let at_x = Reference::new(&at_x).unwrap();
        let fakes: Vec<Tensor> = x.iter().map(|t| fake_tensor(t, &t.size(), Some(&t.stride())).unwrap()).collect();
        let own = known(&fakes);
        let (y, mut run) = fake_run(&Known::new().with_inputs(&own), &reference, &[], || f(&fakes)).unwrap();
        let sizes: Vec<_> = x.iter().map(Tensor::size).collect();
        assert_eq!(run.stop, None, "{sizes:?}");
        for (t, id) in y.unwrap().iter().zip(&ids) {
            assert!(run.is_value(t, *id).unwrap(), "{sizes:?}: {id:?}");
        }
        assert_eq!(at_x.places, reference.places, "{sizes:?}");
        for (place, (a, b)) in reference.places.iter().zip(at_x.numbers().iter().zip(&run.numbers)) {
            let call = match place {
                Place::Size { call, .. } | Place::Stride { call, .. } | Place::Int { call, .. } => *call,
                _ => 0,
            };
            assert_eq!(a, b, "{sizes:?}: {place:?} of {}", trace.calls[call].op);
        }
    }
}

fn rand(sizes: &[i64]) -> Tensor {
    Tensor::rand(sizes, F)
}

#[test]
fn an_image_network() {
    for train in [false, true] {
        let store = nn::VarStore::new(Device::Cpu);
        let p = store.root();
        let conv = nn::conv2d(&p / "c1", 3, 8, 3, nn::ConvConfig { stride: 2, padding: 1, ..Default::default() });
        let depthwise = nn::conv2d(&p / "c2", 8, 8, 3, nn::ConvConfig { groups: 8, padding: 1, ..Default::default() });
        let point = nn::conv2d(&p / "c3", 8, 4, 1, Default::default());
        let norm = nn::batch_norm2d(&p / "n", 8, Default::default());
        let head = nn::linear(&p / "l", 4, 5, Default::default());
        let f = |x: &[Tensor]| {
            let y = conv.forward(&x[0]).apply_t(&norm, train).relu().max_pool2d_default(2);
            let y = y.upsample_bilinear2d([y.size()[2] * 2, y.size()[3] * 2], false, None, None);
            let y = point.forward(&depthwise.forward(&y).hardswish());
            vec![head.forward(&y.adaptive_avg_pool2d([1, 1]).flatten(1, -1)), y.flatten(1, -1)]
        };
        let last = |n, h, w| rand(&[n, h, w, 3]).permute([0, 3, 1, 2]);
        let inputs = [rand(&[2, 3, 16, 16]), rand(&[1, 3, 9, 33]), rand(&[3, 3, 40, 7]), rand(&[5, 3, 8, 8])];
        same_at(&store, &inputs.map(|x| vec![x]), f);
        same_at(&store, &[last(2, 16, 16), last(1, 9, 33), last(3, 40, 8)].map(|x| vec![x]), f);
    }
}

#[test]
fn a_transformer_layer() {
    let store = nn::VarStore::new(Device::Cpu);
    let p = store.root();
    let table = nn::embedding(&p / "e", 11, 16, Default::default());
    let qkv = nn::linear(&p / "qkv", 16, 48, Default::default());
    let out = nn::linear(&p / "out", 16, 16, Default::default());
    let norm = nn::layer_norm(&p / "norm", vec![16], Default::default());
    let f = |x: &[Tensor]| {
        let y = norm.forward(&table.forward(&x[0]));
        let (b, s) = x[0].size2().unwrap();
        let parts = qkv.forward(&y).view([b, s, 3, 4, 4]).permute([2, 0, 3, 1, 4]).unbind(0);
        let (q, k, v) = (&parts[0], Tensor::cat(&[&x[1], &parts[1]], 2), Tensor::cat(&[&x[2], &parts[2]], 2));
        let plain = Tensor::scaled_dot_product_attention(q, &k, &v, None::<&Tensor>, 0.0, false, None, false);
        let mask = Tensor::ones([s, k.size()[2]], F).tril(k.size()[2] - s).log();
        let scores = (q.matmul(&k.transpose(-1, -2)) / 2.0 + &mask).softmax(-1, Kind::Float).matmul(&v);
        let y = y + out.forward(&(plain + scores).transpose(1, 2).reshape([b, s, 16])).gelu("none");
        vec![y, k, v]
    };
    let x = |b: i64, s: i64, past: i64| {
        vec![Tensor::randint(11, [b, s], (Kind::Int64, Device::Cpu)), rand(&[b, 4, past, 4]), rand(&[b, 4, past, 4])]
    };
    same_at(&store, &[x(2, 3, 5), x(1, 1, 1), x(4, 1, 9), x(3, 17, 2), x(2, 5, 0)], f);
}

#[test]
fn recurrent_networks() {
    let store = nn::VarStore::new(Device::Cpu);
    let p = store.root();
    let config = nn::RNNConfig { bidirectional: true, num_layers: 2, ..Default::default() };
    let lstm = nn::lstm(&p / "lstm", 6, 5, config);
    let gru = nn::gru(&p / "gru", 10, 3, Default::default());
    let f = |x: &[Tensor]| {
        let (y, state) = lstm.seq(&x[0]);
        vec![gru.seq(&y).0, state.h(), state.c()]
    };
    tch::no_grad(|| same_at(&store, &[(2, 3), (1, 1), (5, 9)].map(|(b, s)| vec![rand(&[b, s, 6])]), f));
}

#[test]
fn a_signal_network() {
    let store = nn::VarStore::new(Device::Cpu);
    let p = store.root();
    let conv = nn::conv1d(&p / "c", 2, 4, 3, nn::ConvConfig { padding: 1, ..Default::default() });
    let norm = nn::batch_norm1d(&p / "n", 4, Default::default());
    let f = |x: &[Tensor]| {
        let y = conv.forward(&x[0]).apply_t(&norm, false);
        let spectrum = y.fft_rfft(None, -1, "ortho").abs();
        let back = y.fft_rfft(None, 1, "backward").fft_irfft(4, 1, "backward");
        vec![spectrum.std_dim(&[1i64][..], true, true), back.cumsum(2, None), y.max_dim(2, false).0, y.flip([2])]
    };
    same_at(&store, &[(2, 8), (1, 5), (3, 31), (4, 1)].map(|(b, n)| vec![rand(&[b, 2, n])]), f);
}
