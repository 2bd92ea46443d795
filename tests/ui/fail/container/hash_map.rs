// `HashMap` is not supported: the keys of a dict need a stable order.
use pytree_core::{Meta, PyTree, TensorMeta};
use std::collections::HashMap;

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    x: HashMap<String, TensorMeta>,
}

fn main() {}
