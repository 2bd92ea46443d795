// A node with numbered children cannot flatten a field, and a flattened field has no name of its own.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inner {
    x: TensorMeta,
}

#[derive(PyTree)]
#[pytree(as = "list", family = Meta)]
struct Inputs {
    #[pytree(flatten)]
    inner: Inner,
}

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Other {
    #[pytree(flatten, rename = "y")]
    inner: Inner,
}

fn main() {}
