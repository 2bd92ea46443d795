// A tuple struct is a tuple, and a tuple has no context for a static field.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Scaled(TensorMeta, #[pytree(static)] f64);

fn main() {}
