// The fields of a variant are fixed where they stand.
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
