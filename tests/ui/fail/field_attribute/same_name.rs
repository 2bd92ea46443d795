// Two fields with the same name.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    x: TensorMeta,
    #[pytree(rename = "x")]
    y: TensorMeta,
}

fn main() {}
