// A layer inside containers is not a tree either.
use pytree_core::{Meta, PyTree};
use ui::Linear;

#[derive(PyTree)]
#[pytree(family = Meta, as = "mapping")]
struct Inputs {
    layers: Vec<Option<Linear>>,
}

fn main() {}
