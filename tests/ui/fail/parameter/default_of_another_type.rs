// A default must have the type that the call owns.
use pytree_core::{Meta, TensorMeta, module};

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(&self, x: &TensorMeta, #[default("eval")] mode: &str) -> i64 {
        let _ = (x, mode);
        0
    }
}

fn main() {}
