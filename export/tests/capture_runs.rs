//! How often an export runs the model, and that what few runs tell is right.
#![cfg(feature = "tch")]
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::cell::Cell;
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;

const WIDTH: i64 = 16;

fn randn(sizes: &[i64]) -> Tensor {
    Tensor::randn(sizes, (Kind::Float, Device::Cpu))
}

/// Layers that attend to a cache of their own: each has four sizes that turn out to be those of the other layers.
struct Decoder {
    weights: Vec<Tensor>,
    runs: Cell<usize>,
    layers: Cell<usize>,
}

impl Decoder {
    fn new(layers: usize) -> Self {
        let weights = (0..layers).map(|_| randn(&[WIDTH, WIDTH])).collect();
        Decoder { weights, runs: Cell::new(0), layers: Cell::new(0) }
    }

    fn inputs(&self, batch: i64, length: i64, past: i64) -> <Decoder as Module>::Args {
        let state = || self.weights.iter().map(|_| randn(&[batch, 2, past, WIDTH / 2])).collect::<Vec<_>>();
        Decoder::args(randn(&[batch, length, WIDTH])).keys(state()).values(state())
    }
}

#[module]
impl Decoder {
    fn forward(&self, x: &Tensor, keys: &Vec<Tensor>, values: &Vec<Tensor>) -> (Tensor, Vec<Tensor>) {
        self.runs.set(self.runs.get() + 1);
        let past = keys[0].size()[2];
        let mask = Tensor::zeros([x.size()[1], past + x.size()[1]], (Kind::Float, x.device()));
        let (mut x, mut next) = (x.shallow_clone(), Vec::new());
        for ((weight, keys), values) in self.weights.iter().zip(keys).zip(values) {
            self.layers.set(self.layers.get() + 1);
            let (batch, length) = (x.size()[0], x.size()[1]);
            let heads = x.matmul(weight).view([batch, length, 2, WIDTH / 2]).transpose(1, 2);
            let (keys, values) = (Tensor::cat(&[keys, &heads], 2), Tensor::cat(&[values, &heads], 2));
            let scores = heads.matmul(&keys.transpose(2, 3)) + &mask;
            let mixed = scores.softmax(-1, None::<Kind>).matmul(&values);
            x = &x + mixed.transpose(1, 2).reshape([batch, length, WIDTH]);
            next.extend([keys, values]);
        }
        (x, next)
    }
}

/// How often an export of so many layers runs the model, and how many layers that are in all.
fn runs(layers: usize, sets: &[[i64; 3]]) -> (usize, usize) {
    let model = Decoder::new(layers);
    let inputs = ModelInputs::new(&model, sets.iter().map(|[b, l, p]| model.inputs(*b, *l, *p))).unwrap();
    let state = || DynamicShapes::leaf(ShapeSpec::dims([(0, Dim::dynamic()), (2, Dim::dynamic())]));
    let states = || DynamicShapes::List((0..layers).map(|_| state()).collect());
    let x = DynamicShapes::leaf(ShapeSpec::dims([(0, Dim::dynamic()), (1, Dim::dynamic())]));
    let shapes = DynamicShapes::Tuple(vec![x, states(), states()]);
    let mut export = Export::new(&model, &inputs).dynamic_shapes(&shapes);
    for (i, weight) in model.weights.iter().enumerate() {
        export = export.parameter(&format!("weight_{i}"), weight);
    }
    let program = export.run().unwrap();
    let counted = (model.runs.get(), model.layers.get());
    // One batch, one length and one length of the cache are left.
    let text = program.to_string();
    let caches = text.lines().find(|line| line.contains("def forward")).unwrap();
    let mut symbols: Vec<&str> = caches.split(['[', ',', ']', ' ']).filter(|word| word.starts_with('s')).collect();
    symbols.retain(|word| word.len() > 1 && word[1..].chars().all(|c| c.is_ascii_digit()));
    symbols.sort_unstable();
    symbols.dedup();
    assert_eq!(symbols.len(), 3, "{text}");
    let args = model.inputs(4, 2, 9);
    let (x, next): (Tensor, Vec<Tensor>) = program.call(&args).unwrap();
    let expected = model.call(&args).unwrap();
    assert!(x.allclose(&expected.0, 1e-4, 1e-4, false));
    assert_eq!(next.iter().map(Tensor::size).collect::<Vec<_>>(), vec![vec![4, 2, 11, WIDTH / 2]; 2 * layers]);
    counted
}

#[test]
fn deeper_models_are_not_run_more_often() {
    let sets = [[2, 3, 5], [3, 4, 8]];
    let (few, shallow) = runs(2, &sets);
    for layers in [8, 16] {
        let (more, deep) = runs(layers, &sets);
        assert_eq!(more, few, "{layers} layers");
        // Nor are there runs that end early: all layers run in each.
        assert!(deep * 2 <= shallow * layers + layers * 20, "{layers} layers: {deep}, {shallow}");
    }
}

#[test]
fn sizes_that_are_equal_by_chance_are_told_apart() {
    // In the only set the batch is as long as the sequence, or the sequence as the cache.
    runs(3, &[[3, 3, 5]]);
    runs(3, &[[5, 6, 6]]);
    runs(3, &[[6, 6, 6]]);
}
