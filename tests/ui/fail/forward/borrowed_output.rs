// What forward returns borrows nothing, at any depth.
use pytree_core::{Meta, TensorMeta, module};

struct First;

#[module(family = Meta)]
impl First {
    fn forward(&self, x: &TensorMeta) -> (i64, Option<&TensorMeta>) {
        (1, Some(x))
    }
}

fn main() {}
