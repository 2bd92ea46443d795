use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    #[pytree(leaf)]
    x: TensorMeta,
    #[pytree(rename = "y", ignore)]
    z: TensorMeta,
}

fn main() {}
