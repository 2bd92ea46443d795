// Missing functions are reported where `with` names their module.
use pytree_core::{Meta, PyTree, TensorMeta};

mod half {}

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    x: TensorMeta,
    #[pytree(with = half)]
    y: u8,
}

fn main() {}
