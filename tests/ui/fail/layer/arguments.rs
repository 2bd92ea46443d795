// Every argument of forward that is not a tree is reported.
#![allow(unused_variables)]
use pytree_core::{Meta, TensorMeta, module};
use ui::Linear;

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(&self, x: &TensorMeta, layers: &[Linear], head: Option<&Linear>) -> TensorMeta {
        x.clone()
    }
}

fn main() {}
