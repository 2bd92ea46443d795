// Shared pointers can be read but not rebuilt: the copies would no longer be shared.
use pytree_core::{Meta, PyTree, TensorMeta};
use std::rc::Rc;

#[derive(PyTree)]
#[pytree(family = Meta, borrow_only)]
struct Read {
    x: Rc<TensorMeta>,
}

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Rebuilt {
    x: Rc<TensorMeta>,
}

fn main() {}
