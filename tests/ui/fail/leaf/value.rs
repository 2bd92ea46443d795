// `leaf` does not take a value.
use pytree_core::{Meta, PyTree};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    #[pytree(leaf = "int")]
    a: u8,
    #[pytree(leaf, leaf)]
    b: u8,
}

fn main() {}
