// As in Python, no positional parameter without a default follows one with a default.
use pytree_core::{Meta, TensorMeta, module};

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(&self, #[default(1)] n: i64, mask: Option<&TensorMeta>, x: &TensorMeta) -> i64 {
        let _ = (mask, x);
        n
    }
}

fn main() {}
