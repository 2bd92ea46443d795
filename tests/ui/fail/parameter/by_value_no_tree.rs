// An argument taken by value must be a tree too.
use pytree_core::{Meta, TensorMeta, module};

struct Model;

struct Handle;

#[module(family = Meta)]
impl Model {
    fn forward(&self, x: &TensorMeta, handle: Handle) -> i64 {
        let _ = (x, handle);
        0
    }
}

fn main() {}
