// `PhantomData` fields must be marked `skip` too.
use pytree_core::PyTree;
use std::marker::PhantomData;

#[derive(PyTree)]
struct Inputs<T, M> {
    x: T,
    mode: PhantomData<M>,
}

fn main() {}
