//! Measures one decoder: `decoder LAYERS`. Each line is a figure and its fastest reading in nanoseconds, or its peak in bytes.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark")]

mod model;

use model::Decoder;
use peak_alloc::PeakAlloc;
use std::time::Instant;
use torch_export::prelude::*;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

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
    let layers: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).expect("a number of layers");
    let model = Decoder::new(layers);
    let inputs = ModelInputs::new(&model, [model.inputs(2, 3, 5), model.inputs(3, 4, 8)]).expect("inputs");
    let shapes = inputs.guess_dynamic_shapes().expect("shapes");
    let export = || {
        let export = Export::new(&model, &inputs).dynamic_shapes(&shapes).parameters(&model.store);
        export.buffer("frequencies", &model.frequencies).run().expect("a program")
    };
    let show = |name: &str, figure: f64| println!("ours {name}_{layers} {figure:.0}");
    let program = export();
    eprintln!("{layers} layers: {} nodes", program.graph.nodes.len());
    show("export", fastest(if layers > 32 { 1 } else { 3 }, || drop(export())));

    let bytes = program.to_bytes().expect("a file");
    show("save", fastest(10, || drop(program.to_bytes())));
    let path = std::env::temp_dir().join(format!("decoder-{}-{layers}.pt2", std::process::id()));
    std::fs::write(&path, &bytes).expect("a file");
    show("load", fastest(10, || drop(ExportedProgram::load(&path))));
    let loaded = ExportedProgram::load(&path).expect("a program");
    show("print", fastest(10, || drop(loaded.to_string())));
    std::fs::remove_file(&path).expect("the file");

    // One new word for one sequence.
    let args = model.inputs(1, 1, 8);
    let module = program.module().expect("a module");
    let times = 2000 / layers.max(1) + 20;
    let by_hand = || drop(tch::no_grad(|| model.call(&args)));
    let call = || drop(tch::no_grad(|| module.call::<_, (tch::Tensor, model::Cache)>(&args)));
    by_hand();
    call();
    show("call_by_hand", fastest(times, by_hand));
    show("call", fastest(times, call));
}
