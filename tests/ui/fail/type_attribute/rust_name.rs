// A serialized name is a name of Python.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(name = "my_crate::Inputs", family = Meta)]
struct Inputs {
    x: TensorMeta,
}

fn main() {}
