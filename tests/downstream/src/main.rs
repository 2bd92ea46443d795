//! Exports a model with an input type of its own, saves the program and runs it.

use std::error::Error;

use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;

/// An input type that only this crate knows.
#[derive(PyTree)]
#[pytree(as = "mapping")]
struct Cache {
    keys: Vec<Tensor>,
    values: Vec<Tensor>,
}

impl Cache {
    /// Two layers of ones of the sizes `[batch, length]`.
    fn new(batch: i64, length: i64) -> Self {
        let layer = || Tensor::ones([batch, length], (Kind::Float, Device::Cpu));
        Cache { keys: vec![layer(), layer()], values: vec![layer(), layer()] }
    }
}

struct Model;

#[module]
impl Model {
    fn forward(&self, cache: &Cache, z: &Tensor) -> Tensor {
        let keys = Tensor::cat(&cache.keys, 1);
        let values = Tensor::cat(&cache.values, 1);
        (keys * values + z).relu()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args_os().nth(1).ok_or("usage: downstream FILE.pt2")?;
    let z = || Tensor::from(-0.25f32);

    let model = Model;
    let inputs =
        ModelInputs::new(&model, [Model::args(Cache::new(2, 3)).z(z()), Model::args(Cache::new(4, 5)).z(z())])?;
    let shapes = inputs.guess_dynamic_shapes()?;
    let program = export(&model, &inputs, &shapes)?;
    program.save(&file)?;

    // Sizes that the export did not use.
    let out: Tensor = program.call(&Model::args(Cache::new(6, 7)).z(z()))?;
    println!("{:?} {}", out.size(), out.double_value(&[5, 13]));
    Ok(())
}
