// A variant has a name and nothing else.
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
