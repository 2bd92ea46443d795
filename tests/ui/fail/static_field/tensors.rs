// Tensors are children in maps, arrays and tuples too.
use pytree_core::{PyTree, TensorMeta};
use std::collections::BTreeMap;

#[derive(PyTree)]
struct Inputs<T> {
    x: T,
    #[pytree(static)]
    named: BTreeMap<String, TensorMeta>,
    #[pytree(static)]
    pair: (TensorMeta, TensorMeta),
    #[pytree(static)]
    four: Box<[[TensorMeta; 2]]>,
}

fn main() {}
