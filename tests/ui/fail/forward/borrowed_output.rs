// The result of forward cannot borrow, at any depth.
use pytree_core::{Meta, TensorMeta, module};

struct First;

#[module(family = Meta)]
impl First {
    fn forward(&self, x: &TensorMeta) -> (i64, Option<&TensorMeta>) {
        (x.rank() as i64, None)
    }
}

fn main() {}
