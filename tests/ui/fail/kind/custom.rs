// The children of a custom node are numbered.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(as = "custom", family = Meta)]
struct Sparse {
    #[pytree(rename = "i")]
    indices: TensorMeta,
    values: TensorMeta,
}

fn main() {}
