// A field of a variant that is not a tree is underlined.
use pytree_core::{Meta, PyTree, TensorMeta};

struct Handle;

#[derive(PyTree)]
#[pytree(family = Meta)]
enum Mask {
    Causal,
    Dense(TensorMeta, Handle),
}

fn main() {}
