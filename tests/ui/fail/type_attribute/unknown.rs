// An unknown word on a type is told the known ones, and the one that it nearly is.
use pytree_core::{PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(nam = "a.B", family = Meta)]
struct Inputs {
    x: TensorMeta,
}

fn main() {}
