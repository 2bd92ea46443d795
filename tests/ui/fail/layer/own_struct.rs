// A struct without `#[derive(PyTree)]` is not a tree.
use pytree_core::{Meta, PyTree, TensorMeta};

struct Cache {
    keys: Vec<TensorMeta>,
}

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    cache: Cache,
}

fn main() {}
