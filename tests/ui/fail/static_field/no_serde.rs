// A static field must be comparable and serializable.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PartialEq)]
struct Config {
    heads: usize,
}

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    x: TensorMeta,
    #[pytree(static)]
    config: Config,
}

fn main() {}
