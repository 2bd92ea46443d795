// A type that implements `Drop` cannot be taken apart: `borrow_only` is for that.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Guarded {
    x: TensorMeta,
}

impl Drop for Guarded {
    fn drop(&mut self) {}
}

fn main() {}
