// A named family that is not the one of the tensor.
use pytree_core::{Family, PyTree, TensorMeta};

enum Mine {}

impl Family for Mine {
    type Tensor = Vec<f32>;
}

#[derive(PyTree)]
#[pytree(family = Mine)]
struct Inputs {
    x: TensorMeta,
}

fn main() {}
