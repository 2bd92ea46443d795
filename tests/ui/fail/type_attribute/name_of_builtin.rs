// A container of Python has no name of its own.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(name = "a.Batch", as = "dict", family = Meta)]
struct Batch {
    x: TensorMeta,
}

fn main() {}
