// A type without a family holds tensors of `tch`, which need a feature.
use pytree_core::PyTree;

#[derive(PyTree)]
struct Inputs {
    count: i64,
}

fn main() {}
