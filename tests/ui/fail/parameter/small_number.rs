// Numbers are passed to forward as `i64` and `f64`.
#![allow(unused_variables)]
use pytree_core::{Meta, TensorMeta, module};

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(&self, x: &TensorMeta, scale: f32, times: Option<usize>) -> TensorMeta {
        x.clone()
    }
}

fn main() {}
