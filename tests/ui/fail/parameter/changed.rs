// An argument that forward changes must be returned.
use pytree_core::{Meta, TensorMeta, module};

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(&self, cache: &mut Vec<TensorMeta>, x: &TensorMeta) -> i64 {
        cache.push(x.clone());
        0
    }
}

fn main() {}
