// `*args` takes a slice and `**kwargs` a map by name.
#![allow(unused_variables)]
use pytree_core::{Meta, TensorMeta, module};

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(&self, #[args] rest: &Vec<TensorMeta>, #[kwargs] extra: &[TensorMeta]) -> i64 {
        0
    }
}

fn main() {}
