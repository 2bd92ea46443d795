//! Runs a program that Python exported, or the one of the example `readme`.
//!
//! ```text
//! cargo run -p examples --example run_program -- MODEL.pt2
//! ```

use std::error::Error;

use tch::{Device, Kind, Tensor};
use torch_export::nn::Layer;
use torch_export::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).unwrap_or("out/classifier.pt2".to_owned());
    let program = ExportedProgram::load(path)?; // weights are mapped
    for requirement in program.requirements() {
        println!("{}", requirement.text); // x.shape[0] is s77, at least 2
    }
    let module = program.module()?; // Send + Sync; checks its inputs as Python does
    let x = Tensor::ones([3, 16], (Kind::Float, Device::Cpu));
    let output: Tensor = module.call(&Layer::args(x))?;
    println!("{:?}", output.size());
    Ok(())
}
