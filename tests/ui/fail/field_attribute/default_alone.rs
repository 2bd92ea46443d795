// `default` takes a path and needs `skip`.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    x: TensorMeta,
    #[pytree(default = Vec::new)]
    a: Vec<i64>,
    #[pytree(skip, default)]
    b: Vec<i64>,
    #[pytree(skip, default = "Vec::new")]
    c: Vec<i64>,
}

fn main() {}
