//! The README's decoder: a cache that the forward changes and the program returns.

use std::error::Error;

use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;

#[derive(PyTree)]
#[pytree(name = "transformers.cache_utils.DynamicCache", as = "mapping")]
struct DynamicCache {
    key_cache: Vec<Tensor>,
    value_cache: Vec<Tensor>,
}

struct Attention;

#[module]
impl Attention {
    fn forward(&self, x: &Tensor, #[returned] cache: &mut DynamicCache) -> Tensor {
        cache.key_cache[0] = Tensor::cat(&[&cache.key_cache[0], x], 2);
        cache.value_cache[0] = Tensor::cat(&[&cache.value_cache[0], x], 2);
        let scores = x.matmul(&cache.key_cache[0].transpose(2, 3)).softmax(-1, Kind::Float);
        scores.matmul(&cache.value_cache[0])
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let random = |batch, length| Tensor::randn([batch, 4, length, 8], (Kind::Float, Device::Cpu));
    let cache = |batch, length| DynamicCache {
        key_cache: vec![random(batch, length)],
        value_cache: vec![random(batch, length)],
    };
    let model = Attention;
    let call = |batch, new, past| Attention::args((random(batch, new), cache(batch, past)));
    let inputs = ModelInputs::new(&model, [call(2, 3, 5), call(3, 4, 7)])?;
    let mut shapes = inputs.shapes_by_path()?;
    shapes.set("x", 0, Dim::new("batch")?)?;
    shapes.set("x", 2, Dim::new("length")?)?;
    shapes.set("cache.**", 0, Dim::new("batch")?)?;
    shapes.set("cache.**", 2, Dim::new("past")?)?;
    let program = export(&model, &inputs, &shapes.dynamic_shapes())?;

    let (output, cache): (Tensor, DynamicCache) = program.call(&call(1, 1, 20))?;
    println!("{:?}, a cache of {}", output.size(), cache.key_cache[0].size()[2]);
    Ok(())
}
