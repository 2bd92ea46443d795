//! Trains a program that Python exported further, with an optimizer of tch, and saves it. Python goes on from there.
//!
//! ```text
//! cargo run -p examples --example fine_tune -- MODEL.pt2 DATA.safetensors TRAINED.pt2
//! ```
//!
//! The program takes `x` and returns a prediction of `y`; both are in the file of data. It prints the loss before and after.
//! `tests/conformance/train.py` makes such a program.

use anyhow::{Context, Result};
use tch::nn::{self, OptimizerConfig};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().context("usage: fine_tune MODEL.pt2 DATA.safetensors TRAINED.pt2");
    let (model, data, trained) = (next()?, next()?, next()?);
    let data = Tensor::read_safetensors(data)?;
    let tensor = |name: &str| {
        let found = data.iter().find(|(key, _)| key == name);
        found.map(|(_, tensor)| tensor.shallow_clone()).with_context(|| format!("the data has no `{name}`"))
    };
    let (x, y) = (tensor("x")?, tensor("y")?);

    let mut program = ExportedProgram::load(model)?;
    let store = nn::VarStore::new(Device::cuda_if_available());
    let module = program.module()?.trainable(&store)?;
    let loss = || -> Result<Tensor> {
        let prediction: Tensor = module.call(&((x.shallow_clone(),), NoNames {}))?;
        Ok((prediction - &y).square().mean(Kind::Float))
    };
    println!("{}", loss()?.double_value(&[]));
    let mut optimizer = nn::AdamW::default().build(&store, 1e-2)?;
    for _ in 0..200 {
        optimizer.backward_step(&loss()?);
    }
    println!("{}", loss()?.double_value(&[]));
    module.update(&mut program)?;
    program.save(trained)?;
    Ok(())
}

/// A call without arguments by name.
#[derive(PyTree)]
#[pytree(as = "dict")]
struct NoNames {}
