// Only a struct with named children can be flattened.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(as = "dict", family = Meta)]
struct Inputs {
    x: TensorMeta,
    #[pytree(flatten)]
    rest: Vec<TensorMeta>,
}

fn main() {}
