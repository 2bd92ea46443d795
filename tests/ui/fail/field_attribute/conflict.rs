// Attributes that exclude each other.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    x: TensorMeta,
    #[pytree(static, skip)]
    a: i64,
    #[pytree(skip, rename = "c")]
    b: i64,
}

fn main() {}
