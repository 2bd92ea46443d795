// An unknown attribute of a type is reported with the known ones and the nearest one.
use pytree_core::{PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(nam = "a.B", family = Meta)]
struct Inputs {
    x: TensorMeta,
}

fn main() {}
