// A field that is only a tree if its parameter can be rebuilt, in a struct that promises less.
use pytree_core::{DType, Meta, PyTree, TensorMeta, leaves};

#[derive(PyTree)]
#[pytree(bound = "T: pytree_core::OwnedTree<_>")]
struct Inner<T> {
    x: T,
}

#[derive(PyTree)]
struct Outer<T> {
    inner: Inner<T>,
}

#[derive(PyTree)]
#[pytree(bound = "T: pytree_core::OwnedTree<_>")]
struct Right<T> {
    inner: Inner<T>,
}

fn main() {
    let inner = || Inner { x: TensorMeta::new(DType::Float32, [2]) };
    let _ = leaves::<Meta, _>(&Right { inner: inner() });
    let _ = leaves::<Meta, _>(&Outer { inner: inner() });
}
