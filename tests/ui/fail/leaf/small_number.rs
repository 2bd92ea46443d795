// A smaller number is not a leaf by itself, since torch's numbers have 64 bits: `leaf` makes it one.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    x: TensorMeta,
    small: f32,
}

fn main() {}
