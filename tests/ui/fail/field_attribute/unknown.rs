// An unknown word is told the known ones, and the one that it nearly is.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    #[pytree(leav)]
    x: TensorMeta,
    #[pytree(rename = "y", ignore)]
    z: TensorMeta,
}

fn main() {}
