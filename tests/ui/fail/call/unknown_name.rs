// An argument that forward does not have.
#![allow(unused_variables)]
use pytree_core::{DType, Meta, TensorMeta, module};

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(&self, x: &TensorMeta, y: &TensorMeta) -> TensorMeta {
        y.clone()
    }
}

fn main() {
    let x = TensorMeta::new(DType::Float32, [2]);
    let _ = Model::kwargs().z(x);
}
