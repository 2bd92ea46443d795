// A kind that no struct can be.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(as = "defaultdict", family = Meta)]
struct Inputs {
    x: TensorMeta,
}

fn main() {}
