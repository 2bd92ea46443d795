// A struct with static fields has a context of its own, which a flattened one has not.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inner {
    x: TensorMeta,
    #[pytree(static)]
    n: i64,
}

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    #[pytree(flatten)]
    inner: Inner,
}

fn main() {}
