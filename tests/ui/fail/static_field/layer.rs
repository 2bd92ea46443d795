// A layer cannot be a static field.
use pytree_core::{Meta, PyTree, TensorMeta};
use ui::Linear;

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    x: TensorMeta,
    #[pytree(static)]
    layer: Linear,
}

fn main() {}
