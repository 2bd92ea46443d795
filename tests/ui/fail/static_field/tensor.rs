// A tensor is a child, in whatever it stands.
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
