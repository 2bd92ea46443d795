// A container of a parameter that is not a tree: both impls report it, since reading needs less than rebuilding.
use pytree_core::PyTree;
use std::collections::HashMap;

#[derive(PyTree)]
struct Inputs<T> {
    x: T,
    more: HashMap<String, T>,
}

fn main() {}
