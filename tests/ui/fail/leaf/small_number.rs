// Other numbers than torch's are not leaves by themselves: `leaf` makes the small ones leaves.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    x: TensorMeta,
    small: f32,
    int: i32,
    list: Vec<u8>,
    count: usize,
    letter: char,
}

fn main() {}
