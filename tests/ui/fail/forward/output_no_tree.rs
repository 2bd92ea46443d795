// The result of forward must be a tree.
use pytree_core::{Meta, TensorMeta, module};
use ui::Linear;

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(&self, x: &TensorMeta) -> Linear {
        Linear { ws: x.clone(), bs: None }
    }
}

fn main() {}
