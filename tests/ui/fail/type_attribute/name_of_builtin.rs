// A built-in container of Python has no serialized name.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(name = "a.Batch", as = "dict", family = Meta)]
struct Batch {
    x: TensorMeta,
}

fn main() {}
