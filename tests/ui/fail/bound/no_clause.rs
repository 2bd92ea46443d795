// `bound` is what a where clause is.
use pytree_core::PyTree;

#[derive(PyTree)]
#[pytree(bound = "T")]
struct Inputs<T> {
    x: T,
}

#[derive(PyTree)]
#[pytree(bound = T)]
struct Others<T> {
    x: T,
}

fn main() {}
