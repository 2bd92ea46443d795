// `bound` takes the place of what the fields would ask for.
use pytree_core::PyTree;

#[derive(PyTree)]
#[pytree(bound = "T: Clone")]
struct Inputs<T> {
    x: T,
    n: i64,
}

fn main() {}
