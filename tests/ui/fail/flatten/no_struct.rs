// Only a struct has names to give.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(as = "dict", family = Meta)]
struct Inputs {
    x: TensorMeta,
    #[pytree(flatten)]
    rest: Vec<TensorMeta>,
}

fn main() {}
