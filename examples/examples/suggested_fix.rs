//! The README's error, and the program after its suggested fix.

use std::error::Error;

use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;
use torch_export::shapes::refine_dynamic_shapes_from_suggested_fixes;

struct Model;

#[module]
impl Model {
    fn forward(&self, x: &Tensor, y: &Tensor) -> Tensor {
        Tensor::cat(&[x, x], 0) + y
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let ones = |n| Tensor::ones([n, 3], (Kind::Float, Device::Cpu));
    let model = Model;
    let inputs = ModelInputs::new(&model, [Model::args((ones(4), ones(8)))])?;
    let first = |dim| DynamicShapes::leaf(ShapeSpec::dims([(0, dim)]));
    let shapes = DynamicShapes::Tuple(vec![first(Dim::new("a")?), first(Dim::new("b")?)]);

    let Err(error) = export(&model, &inputs, &shapes) else { return Ok(()) };
    println!("{error}\n");

    let shapes = refine_dynamic_shapes_from_suggested_fixes(&error.to_string(), &shapes)?;
    println!("{shapes}");
    for (size, range) in export(&model, &inputs, &shapes)?.range_constraints {
        println!("{size}: {range}");
    }
    Ok(())
}
