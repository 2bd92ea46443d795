// A skipped field needs a default value.
use pytree_core::{Meta, PyTree, TensorMeta};

struct Handle(u8);

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    x: TensorMeta,
    #[pytree(skip)]
    handle: Handle,
}

fn main() {}
