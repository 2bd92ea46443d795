// A field of a variant that is no tree is underlined where it stands.
use pytree_core::{Meta, PyTree, TensorMeta};

struct Handle;

#[derive(PyTree)]
#[pytree(family = Meta)]
enum Mask {
    Causal,
    Dense(TensorMeta, Handle),
}

fn main() {}
