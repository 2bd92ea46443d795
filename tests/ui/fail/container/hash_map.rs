// A `HashMap` has no order, which the keys of a dict need.
use pytree_core::{Meta, PyTree, TensorMeta};
use std::collections::HashMap;

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    x: HashMap<String, TensorMeta>,
}

fn main() {}
