// Every mistake of one attribute is told.
use pytree_core::{PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(name, as = mapping, family = "Meta", borrow_only = true)]
struct Inputs {
    x: TensorMeta,
}

fn main() {}
