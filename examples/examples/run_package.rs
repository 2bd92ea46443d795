//! Runs a package that AOTInductor compiled from an exported program.
//!
//! ```text
//! cargo run -p examples --features aoti --example run_package -- PACKAGE.pt2 CASE.safetensors
//! ```
//!
//! The case has `images` and the `scores` that the model gives them. `export_classifier` writes one.

use anyhow::{Context, Result, ensure};
use tch::{Kind, Tensor};
use torch_export::AotiModule;
use torch_export::nn::Layer;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().context("usage: run_package PACKAGE.pt2 CASE.safetensors");
    let (package, case) = (next()?, next()?);
    let case = Tensor::read_safetensors(case)?;
    let tensor = |name: &str| {
        let found = case.iter().find(|(key, _)| key == name);
        found.map(|(_, tensor)| tensor.shallow_clone()).with_context(|| format!("the case has no `{name}`"))
    };

    let module = AotiModule::load(package)?;
    let scores: Tensor = module.call(&Layer::args(tensor("images")?))?;
    let expected = tensor("scores")?;
    let largest = expected.abs().max().double_value(&[]);
    let difference = (&scores - &expected).abs().max().to_kind(Kind::Double).double_value(&[]) / largest;
    println!("{:?}, at most {difference:.0e} of the largest score from the model", scores.size());
    ensure!(difference < 1e-4, "the package computes something else");
    Ok(())
}
