// The function in `default` must return the type of the field.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    x: TensorMeta,
    #[pytree(skip, default = String::new)]
    a: Vec<i64>,
}

fn main() {}
