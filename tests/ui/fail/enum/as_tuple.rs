// The variant of an enum is in the context: only a dataclass or a mapping has one for it.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(as = "tuple", family = Meta)]
enum Mask {
    Causal,
    Dense(TensorMeta),
}

#[derive(PyTree)]
#[pytree(as = "custom", family = Meta)]
enum Other {
    Dense(TensorMeta),
}

fn main() {}
