// `leaf` needs a type that implements `AsLeaf`.
use pytree_core::{Meta, PyTree, TensorMeta};

enum Mode {
    Train,
    Eval,
}

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    x: TensorMeta,
    #[pytree(leaf)]
    mode: Mode,
}

fn main() {}
