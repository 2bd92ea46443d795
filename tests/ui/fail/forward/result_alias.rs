// The name of an alias of `Result` does not show what it is.
use pytree_core::{Meta, TensorMeta, module};

type Outcome = std::result::Result<TensorMeta, std::fmt::Error>;

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(&self, x: &TensorMeta) -> Outcome {
        Ok(x.clone())
    }
}

fn main() {}
