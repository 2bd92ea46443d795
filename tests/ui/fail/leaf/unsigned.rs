// A `usize` may not fit into an int of torch.
use pytree_core::{Meta, PyTree};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    #[pytree(leaf)]
    count: usize,
}

fn main() {}
