// Each attribute may be given once.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(name = "a.B", family = Meta)]
#[pytree(name = "a.C")]
struct Inputs {
    x: TensorMeta,
}

fn main() {}
