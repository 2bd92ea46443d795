// A type that borrows can be read but not rebuilt.
use pytree_core::{DType, Meta, PyTree, TensorMeta, into_leaves};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct View<'a> {
    x: &'a TensorMeta,
}

fn main() {
    let x = TensorMeta::new(DType::Float32, [2]);
    into_leaves(View { x: &x }).unwrap();
}
