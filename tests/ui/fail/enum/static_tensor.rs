// A static field of a variant cannot hold a tensor either.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
enum Mask {
    Dense(#[pytree(static)] TensorMeta),
}

fn main() {}
