// Names that Python does not accept.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    lambda: TensorMeta,
    #[pytree(rename = "hidden-states")]
    hidden: TensorMeta,
}

fn main() {}
