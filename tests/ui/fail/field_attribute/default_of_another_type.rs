// What `default` names makes a value of the field's type.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    x: TensorMeta,
    #[pytree(skip, default = String::new)]
    a: Vec<i64>,
}

fn main() {}
