// `#[default(..)]` takes an expression in parentheses.
use pytree_core::{Meta, TensorMeta, module};

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(&self, #[default] a: i64, #[default = 1] b: i64, #[default(1)] #[default(2)] c: i64, x: TensorMeta) -> i64 {
        a + b + c + x.sizes[0]
    }
}

fn main() {}
