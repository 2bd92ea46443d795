use pytree_core::PyTree;

#[derive(PyTree)]
struct Inputs<T> {
    x: T,
    #[pytree(static)]
    shape: Vec<T>,
}

fn main() {}
