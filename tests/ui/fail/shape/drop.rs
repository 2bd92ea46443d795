// A type that implements `Drop` cannot be taken apart: it needs `borrow_only`.
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
