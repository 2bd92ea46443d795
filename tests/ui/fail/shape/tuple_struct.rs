use pytree_core::{Meta, PyTree, TensorMeta, flatten};

#[derive(PyTree)]
struct Inputs(TensorMeta, TensorMeta);

// The mistake above is told once: this use adds nothing.
fn leaves(inputs: &Inputs) -> usize {
    flatten::<Meta, _>(inputs).unwrap().leaves.len()
}

fn main() {}
