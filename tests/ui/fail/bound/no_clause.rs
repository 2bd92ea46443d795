// `bound` takes the predicates of a where clause.
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
