// A field has only one role.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    x: TensorMeta,
    #[pytree(leaf, static)]
    a: u8,
    #[pytree(leaf, flatten)]
    b: u8,
    #[pytree(with = seconds, leaf, skip)]
    c: u8,
}

fn main() {}
