// Only a type with methods of its own can be a model.
use pytree_core::{Meta, TensorMeta, module};

struct Model;

trait Forward {
    fn forward(&self, x: &TensorMeta) -> TensorMeta;
}

#[module(family = Meta)]
impl Forward for &Model {
    fn forward(&self, x: &TensorMeta) -> TensorMeta {
        x.clone()
    }
}

#[module(family = Meta)]
impl Forward for (Model, Model) {
    fn forward(&self, x: &TensorMeta) -> TensorMeta {
        x.clone()
    }
}

fn main() {}
