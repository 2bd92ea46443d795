// A trait object cannot be rebuilt, since its type is not known.
use pytree_core::{Meta, PyTree, TensorMeta};

trait Cache {}

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    x: TensorMeta,
    cache: Box<dyn Cache>,
    caches: Vec<Box<dyn Cache>>,
}

fn main() {}
