// A family is the marker of a tensor type: the tensor itself in its place is told once, where it stands.
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
