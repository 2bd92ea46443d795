// A struct with type parameters is a tree of every family, so it cannot hold the tensor of a single one.
use pytree_core::{PyTree, TensorMeta};

#[derive(PyTree)]
struct Inputs<T> {
    x: T,
    y: TensorMeta,
}

fn main() {}
