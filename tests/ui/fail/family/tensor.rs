// A family is the marker of a tensor type: a tensor type in its place is reported once, where it is written.
use pytree_core::{PyTree, TensorMeta, module};

#[derive(PyTree)]
#[pytree(family = TensorMeta)]
struct Inputs {
    x: TensorMeta,
    #[pytree(static)]
    mode: String,
}

struct Model;

#[module(family = TensorMeta)]
impl Model {
    fn forward(&self, _x: i64) {}
}

fn main() {}
