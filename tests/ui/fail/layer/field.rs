// "Do not use Module as inputs!": a layer is part of the model.
use pytree_core::{Meta, PyTree, TensorMeta};
use ui::Linear;

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    x: TensorMeta,
    layer: Linear,
}

fn main() {}
