// Two variants cannot have the same name.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
enum Mask {
    Causal,
    #[pytree(rename = "Causal")]
    Dense(TensorMeta),
}

fn main() {}
