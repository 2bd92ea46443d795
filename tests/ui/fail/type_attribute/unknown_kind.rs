// An unknown kind of node.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(as = "defaultdict", family = Meta)]
struct Inputs {
    x: TensorMeta,
}

fn main() {}
