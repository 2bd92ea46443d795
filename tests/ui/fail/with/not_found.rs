// Functions that are not there are told where `with` names them.
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
