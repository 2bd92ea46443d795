// Two variants of one name could not be told apart.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
enum Mask {
    Causal,
    #[pytree(rename = "Causal")]
    Dense(TensorMeta),
}

fn main() {}
