// Tensors are children, also inside other types.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    x: TensorMeta,
    #[pytree(static)]
    table: TensorMeta,
    #[pytree(static)]
    tables: Vec<Option<TensorMeta>>,
}

fn main() {}
