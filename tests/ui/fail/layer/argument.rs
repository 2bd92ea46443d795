// A layer is part of the model and cannot be an argument.
#![allow(unused_variables)]
use pytree_core::{Meta, TensorMeta, module};
use ui::Linear;

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(&self, x: &TensorMeta, layer: &Linear) -> TensorMeta {
        x.clone()
    }
}

fn main() {}
