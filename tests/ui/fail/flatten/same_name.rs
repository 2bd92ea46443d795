// A flattened field cannot add a name that exists already.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inner {
    x: TensorMeta,
}

#[derive(PyTree)]
#[pytree(as = "dict", family = Meta)]
struct Inputs {
    x: TensorMeta,
    #[pytree(flatten)]
    inner: Inner,
}

fn main() {}
