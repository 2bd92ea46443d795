// The context of a dict holds nothing but its keys.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta, as = "dict")]
struct Batch {
    x: TensorMeta,
    #[pytree(static)]
    mode: String,
}

fn main() {}
