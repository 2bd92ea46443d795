//! The README's program.

use std::error::Error;
use std::fs;

use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;

#[derive(PyTree)]
#[pytree(name = "transformers.cache_utils.DynamicCache", as = "mapping")]
struct DynamicCache {
    key_cache: Vec<Tensor>,
    value_cache: Vec<Tensor>,
}

struct Model;

#[module]
impl Model {
    fn forward(&self, cache: &DynamicCache, z: &Tensor) -> Tensor {
        let keys = &cache.key_cache[0] + &cache.key_cache[1];
        z + keys + &cache.value_cache[0] + &cache.value_cache[1]
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let randn = |sizes: [i64; 4]| Tensor::randn(sizes, (Kind::Float, Device::Cpu));
    let cache = |sizes| DynamicCache {
        key_cache: vec![randn(sizes), randn(sizes)],
        value_cache: vec![randn(sizes), randn(sizes)],
    };
    let model = Model;
    let sets = [
        Model::args(cache([2, 4, 3, 7])).z(randn([1, 1, 1, 7])), // positional, then named, as in Python
        Model::args(cache([3, 4, 4, 8])).z(randn([1, 1, 1, 8])),
    ];
    let inputs = ModelInputs::new(&model, sets)?;
    let shapes = inputs.guess_dynamic_shapes()?;
    println!("{shapes}\n");

    let program = export(&model, &inputs, &shapes)?;
    println!("{program}");

    fs::create_dir_all("out")?;
    program.save("out/cache.pt2")?; // torch.export.load("out/cache.pt2") opens it
    fs::write("out/cache.py", program.python_module())?; // for a Python where DynamicCache is not registered

    let output: Tensor = program.call(&Model::args(cache([5, 4, 9, 6])).z(randn([1, 1, 1, 6])))?;
    println!("at sizes not used during export: {:?}", output.size());
    Ok(())
}
