// What is shared can be read, not rebuilt: it would be torn apart.
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
