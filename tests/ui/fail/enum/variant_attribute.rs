// On a variant only its name can be changed.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
enum Mask {
    #[pytree(renam = "causal")]
    Causal,
    #[pytree(rename = "a", rename = "b")]
    Dense(TensorMeta),
    #[pytree(skip)]
    Other,
}

fn main() {}
