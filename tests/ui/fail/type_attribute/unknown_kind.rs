use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(as = "namedtuple", family = Meta)]
struct Inputs {
    x: TensorMeta,
}

fn main() {}
