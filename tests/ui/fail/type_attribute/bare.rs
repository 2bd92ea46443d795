// `#[pytree]` without parentheses.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree]
struct Inputs {
    x: TensorMeta,
}

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Other {
    #[pytree = "static"]
    x: TensorMeta,
}

fn main() {}
