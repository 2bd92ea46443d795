// A serialized name must be a Python name.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(name = "my_crate::Inputs", family = Meta)]
struct Inputs {
    x: TensorMeta,
}

fn main() {}
