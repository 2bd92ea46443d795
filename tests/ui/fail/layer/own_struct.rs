// A struct of the user's own that lacks the derive.
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
