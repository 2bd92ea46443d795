// A type of one's own that is named `Result`.
use pytree_core::{Meta, PyTree, TensorMeta, module};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Result {
    x: TensorMeta,
}

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(&self, x: &TensorMeta) -> Result {
        Result { x: x.clone() }
    }
}

fn main() {}
