// A type parameter cannot be used both in a child and in a static field.
use pytree_core::PyTree;

#[derive(PyTree)]
struct Inputs<T> {
    x: T,
    #[pytree(static)]
    shape: Vec<T>,
}

fn main() {}
