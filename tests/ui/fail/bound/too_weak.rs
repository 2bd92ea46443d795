// `bound` replaces the bounds inferred from the fields.
use pytree_core::PyTree;

#[derive(PyTree)]
#[pytree(bound = "T: Clone")]
struct Inputs<T> {
    x: T,
    n: i64,
}

fn main() {}
