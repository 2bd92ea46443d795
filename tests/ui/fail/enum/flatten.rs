// The fields of a variant cannot be flattened.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inner {
    x: TensorMeta,
}

#[derive(PyTree)]
#[pytree(family = Meta)]
enum Mask {
    Dense(#[pytree(flatten)] Inner),
}

fn main() {}
