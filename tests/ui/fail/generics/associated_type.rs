// No bound on the parameter makes its associated type a tree.
use pytree_core::{Family, PyTree};

#[derive(PyTree)]
struct Inputs<F: Family> {
    x: F::Tensor,
    y: Vec<<F as Family>::Tensor>,
}

fn main() {}
