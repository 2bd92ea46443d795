// A family that does not exist.
use pytree_core::{PyTree, TensorMeta, module};

#[derive(PyTree)]
#[pytree(family = Nowhere)]
struct Inputs {
    x: TensorMeta,
}

struct Model;

#[module(family = Nowhere)]
impl Model {
    fn forward(&self, _x: &TensorMeta) {}
}

fn main() {}
