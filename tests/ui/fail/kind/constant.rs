// A constant has no children: its value is its context.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(as = "constant", family = Meta)]
struct Config {
    #[pytree(static)]
    heads: i64,
    x: TensorMeta,
}

fn main() {}
