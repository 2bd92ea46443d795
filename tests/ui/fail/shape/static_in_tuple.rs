// A tuple struct is a tuple, whose context cannot hold a static field.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Scaled(TensorMeta, #[pytree(static)] f64);

fn main() {}
