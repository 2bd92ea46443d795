// Every mistake in one attribute is reported.
use pytree_core::{PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(name, as = mapping, family = "Meta", borrow_only = true)]
struct Inputs {
    x: TensorMeta,
}

fn main() {}
