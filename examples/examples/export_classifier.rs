//! Exports a network of `tch::vision` with its weights, and shows how far the export is.
//!
//! ```text
//! cargo run -p examples --example export_classifier -- FOLDER [--spans]
//! ```
//!
//! It writes `model.pt2`, and images with the scores that the network gives them, as `case.safetensors`. The pages `onnx.md` and
//! `aotinductor.md` go on from these files. With `--spans` it prints the spans of `tracing` with their times instead of
//! a progress line.

use anyhow::{Context, Result};
use std::io::Write as _;
use std::path::Path;
use tch::nn::{ModuleT as _, VarStore};
use tch::vision::resnet::resnet18_no_final_layer;
use tch::{Device, Kind, Tensor};
use torch_export::Progress;
use torch_export::nn::Layer;
use torch_export::prelude::*;
use tracing_subscriber::fmt::format::FmtSpan;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().context("usage: export_classifier FOLDER [--spans]")?;
    let spans = arguments.next().is_some_and(|argument| argument == "--spans");
    if spans {
        let subscriber = tracing_subscriber::fmt().with_writer(std::io::stderr).with_span_events(FmtSpan::CLOSE);
        subscriber.with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG).init();
    }

    tch::manual_seed(0);
    let store = VarStore::new(Device::Cpu);
    let network = resnet18_no_final_layer(&store.root());
    let images = |batch, height, width| Tensor::randn([batch, 3, height, width], (Kind::Float, Device::Cpu));

    let model = Layer::eval(&network);
    let sets = [Layer::args(images(2, 64, 96)), Layer::args(images(3, 96, 64))];
    let inputs = ModelInputs::new(&model, sets)?;
    let shapes = inputs.guess_dynamic_shapes()?;
    let export = Export::new(&model, &inputs).dynamic_shapes(&shapes).parameters(&store);
    let export = if spans { export } else { export.on_progress(show) };
    let program = export.run()?;
    eprintln!();

    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    program.save(folder.join("model.pt2"))?;
    let images = images(5, 80, 112);
    let scores = tch::no_grad(|| network.forward_t(&images, false));
    Tensor::write_safetensors(&[("images", &images), ("scores", &scores)], folder.join("case.safetensors"))?;
    Ok(())
}

/// Writes over the last line.
fn show(progress: &Progress) {
    eprint!("\r{:60}", progress.to_string());
    let _ = std::io::stderr().flush();
}
