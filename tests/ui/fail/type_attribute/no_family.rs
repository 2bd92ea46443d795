// A struct without type parameters is a tree of `Tch`, which needs the feature `tch`, unless it names another family.
use pytree_core::{PyTree, TensorMeta};

#[derive(PyTree)]
struct Inputs {
    x: TensorMeta,
}

fn main() {}
