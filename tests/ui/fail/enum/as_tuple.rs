// The variant of an enum is kept in the context, which only a dataclass or a mapping has room for.
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
