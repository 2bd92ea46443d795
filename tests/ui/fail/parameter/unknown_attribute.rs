// An attribute that neither the macro nor the compiler knows.
#![allow(unused_variables)]
use pytree_core::{Meta, TensorMeta, module};

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(
        &self,
        #[arg] rest: &[TensorMeta],
        #[defualt(1)] n: i64,
        #[kwargs(all)] m: i64,
        #[args] #[returned] #[args] o: &[TensorMeta],
        #[cfg(test)] p: i64,
    ) -> i64 {
        0
    }
}

fn main() {}
