// A struct with static fields cannot be flattened, since a flattened one has no context.
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
