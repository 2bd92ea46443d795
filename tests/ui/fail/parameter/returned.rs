// `#[returned]` takes `&mut T` and excludes the other attributes.
#![allow(unused_variables)]
use pytree_core::{Meta, TensorMeta, module};

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(
        &self,
        #[returned] a: &TensorMeta,
        #[returned] b: Vec<TensorMeta>,
        #[returned] c: &mut [TensorMeta],
        #[returned]
        #[default(1)]
        d: &mut i64,
    ) -> i64 {
        0
    }
}

fn main() {}
