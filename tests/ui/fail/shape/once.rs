// A mistake in a tuple struct is reported once: the use below adds no errors.
use pytree_core::{Meta, PyTree, TensorMeta, flatten};

#[derive(PyTree)]
struct Inputs(#[pytree(statik)] TensorMeta, TensorMeta);

fn leaves(inputs: &Inputs) -> usize {
    flatten::<Meta, _>(inputs).unwrap().leaves.len()
}

fn main() {}
