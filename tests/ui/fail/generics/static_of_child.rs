// One parameter cannot be a tree and a static field.
use pytree_core::PyTree;

#[derive(PyTree)]
struct Inputs<T> {
    x: T,
    #[pytree(static)]
    shape: Vec<T>,
}

fn main() {}
