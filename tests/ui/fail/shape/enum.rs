use pytree_core::{PyTree, TensorMeta};

#[derive(PyTree)]
enum Inputs {
    One(TensorMeta),
    Two { a: TensorMeta, b: TensorMeta },
}

fn main() {}
