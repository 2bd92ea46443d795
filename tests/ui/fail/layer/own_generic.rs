// A generic struct without `#[derive(PyTree)]` is not a tree either, and is reported once.
use pytree_core::PyTree;

struct Cache<T> {
    keys: Vec<T>,
}

#[derive(PyTree)]
struct Inputs<T> {
    cache: Vec<Cache<T>>,
}

fn main() {}
