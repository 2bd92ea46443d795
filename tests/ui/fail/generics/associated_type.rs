use pytree_core::{Family, PyTree};

#[derive(PyTree)]
struct Inputs<F: Family> {
    x: F::Tensor,
    y: Vec<<F as Family>::Tensor>,
}

fn main() {}
