// The arguments of `#[module]`.
use pytree_core::{Meta, TensorMeta, module};

struct Model;

#[module(family = Meta, name = "Model", family = Meta)]
impl Model {
    fn forward(&self, x: &TensorMeta) -> TensorMeta {
        x.clone()
    }
}

fn main() {}
