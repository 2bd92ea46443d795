// No field is left out by the spelling of its type.
use pytree_core::PyTree;
use std::marker::PhantomData;

#[derive(PyTree)]
struct Inputs<T, M> {
    x: T,
    mode: PhantomData<M>,
}

fn main() {}
