//! Measures decoders and ResNet-18: `decoder LAYERS...`. Each line is a figure and its fastest reading in nanoseconds.
//!
//! `decoder call LAYERS TIMES` and `decoder hand LAYERS TIMES` only make calls, so that a profiler can count their instructions;
//! `decoder start FILE` makes the first call of a program in a file, and
//! `decoder where` prints the path of the program.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark")]

mod model;
mod resnet;

use model::Cache;
use model::Decoder;
use std::time::Instant;
use tch::{CModule, IValue, Tensor};
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
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["start", file] => start(file),
        ["where"] => println!("{}", std::env::current_exe().expect("a path").display()),
        [which @ ("call" | "hand"), layers, times] => {
            repeat(*which == "call", layers.parse().expect("a number"), times.parse().expect("a number"));
        }
        all => {
            for layers in all {
                measure(layers.parse().expect("a number of layers"));
            }
            resnet::measure();
        }
    }
}

/// The first call of a program in a file: a decoder of 12 layers.
fn start(file: &str) {
    let module = ExportedProgram::load(file).expect("a program").module().expect("a module");
    let args = Decoder::new(12).inputs(1, 1, 8);
    let (logits, _): (Tensor, Cache) = module.call(&args).expect("a result");
    println!("{:?}", logits.size());
}

/// Measures the same model in TorchScript, if there is a folder with its files.
fn torchscript(file: &str, name: &str, times: usize, inputs: &[IValue]) {
    let Some(folder) = std::env::var_os("TORCH_EXPORT_BENCH_SCRIPTS") else { return };
    let path = std::path::Path::new(&folder).join(file);
    if !path.is_file() {
        return;
    }
    let module = CModule::load(path).expect("TorchScript");
    let call = || drop(torch_export::inference_mode(|| module.forward_is(inputs).expect("a result")));
    // The first calls are those in which TorchScript specialises itself.
    (0..5).for_each(|_| call());
    println!("torchscript {name} {:.0}", fastest(times, call));
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
    let leaves = torch_export::pytree::tensors::<Tch, _>(&args);
    let inputs: Vec<IValue> = leaves.into_iter().map(|tensor| IValue::Tensor(tensor.shallow_clone())).collect();
    torchscript(&format!("decoder_{layers}.ts"), &format!("call_{layers}"), times, &inputs);
}

/// Calls the program or the model so many times.
fn repeat(program: bool, layers: usize, times: usize) {
    let model = Decoder::new(layers);
    let args = model.inputs(1, 1, 8);
    let by_hand = || drop(torch_export::inference_mode(|| model.call(&args)));
    if !program {
        (0..times).for_each(|_| by_hand());
        return;
    }
    let inputs = ModelInputs::new(&model, [model.inputs(2, 3, 5), model.inputs(3, 4, 8)]).expect("inputs");
    let shapes = inputs.guess_dynamic_shapes().expect("shapes");
    let export = Export::new(&model, &inputs).dynamic_shapes(&shapes).parameters(&model.store);
    let exported = export.buffer("frequencies", &model.frequencies).run().expect("a program");
    let calls: usize = exported.graph.nodes.iter().filter(|node| node.value.tensor().is_some()).count();
    println!("{calls} nodes give a tensor");
    let module = exported.module().expect("a module");
    for _ in 0..times {
        drop(module.call::<_, (Tensor, Cache)>(&args).expect("a result"));
    }
}
