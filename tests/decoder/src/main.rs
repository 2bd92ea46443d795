//! Measures decoders: `decoder LAYERS...`. Each line is a figure and its fastest reading in nanoseconds.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark")]

mod model;

use model::Cache;
use model::Decoder;
use std::time::Instant;
use tch::Tensor;
use torch_export::prelude::*;

/// The fastest of several runs, in nanoseconds.
fn fastest(times: usize, mut run: impl FnMut()) -> f64 {
    let reading = |_| {
        let start = Instant::now();
        run();
        start.elapsed().as_nanos() as f64
    };
    (0..times).map(reading).fold(f64::INFINITY, f64::min)
}

fn main() {
    for layers in std::env::args().skip(1) {
        measure(layers.parse().expect("a number of layers"));
    }
}

fn measure(layers: usize) {
    let model = Decoder::new(layers);
    let inputs = ModelInputs::new(&model, [model.inputs(2, 3, 5), model.inputs(3, 4, 8)]).expect("inputs");
    let shapes = inputs.guess_dynamic_shapes().expect("shapes");
    let export = || {
        let export = Export::new(&model, &inputs).dynamic_shapes(&shapes).parameters(&model.store);
        export.buffer("frequencies", &model.frequencies).run().expect("a program")
    };
    let show = |name: &str, figure: f64| println!("ours {name}_{layers} {figure:.0}");
    // The first export also looks up source lines.
    let program = export();
    show("export", fastest(if layers > 12 { 1 } else { 3 }, || drop(export())));

    // One new word for one sequence.
    let args = model.inputs(1, 1, 8);
    let module = program.module().expect("a module");
    let times = 2000 / layers.max(1) + 20;
    let by_hand = || drop(torch_export::inference_mode(|| model.call(&args)));
    let call = || drop(module.call::<_, (Tensor, Cache)>(&args));
    by_hand();
    call();
    show("call_by_hand", fastest(times, by_hand));
    show("call", fastest(times, call));
}
