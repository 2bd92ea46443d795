// A `usize` may not fit into an int of torch.
use pytree_core::PyTree;

#[derive(PyTree)]
struct Inputs {
    #[pytree(leaf)]
    count: usize,
}

fn main() {}
