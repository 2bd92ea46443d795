// The children of a tuple have no names.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta, as = "tuple")]
struct Pair {
    #[pytree(rename = "first")]
    a: TensorMeta,
    b: TensorMeta,
}

fn main() {}
