// A struct of concrete tensors cannot be mapped to another family.
use pytree_core::{DType, Meta, PyTree, TensorMeta, map};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    x: TensorMeta,
}

fn main() {
    let inputs = Inputs { x: TensorMeta::new(DType::Float32, [2]) };
    map::<_, Meta, _>(&inputs, |t| t.clone()).unwrap();
}
