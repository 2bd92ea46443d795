// `with` takes a path.
use pytree_core::{Meta, PyTree, TensorMeta};

mod half {}

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    x: TensorMeta,
    #[pytree(with = half)]
    y: u8,
    #[pytree(with = "half")]
    z: u8,
}

fn main() {}
