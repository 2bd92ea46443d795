// A tensor in a static field of a variant does not compile either.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
enum Mask {
    Dense(#[pytree(static)] TensorMeta),
}

fn main() {}
