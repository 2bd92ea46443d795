// An unknown attribute of a field is reported with the known ones and the nearest one.
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
