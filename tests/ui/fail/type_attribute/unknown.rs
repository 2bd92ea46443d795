use pytree_core::{PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(nam = "a.B", family = Meta)]
struct Inputs {
    x: TensorMeta,
}

fn main() {}
