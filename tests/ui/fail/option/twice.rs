// Python has only one `None`, so an `Option` in an `Option` is not a tree, anywhere in a type.
use pytree_core::{Meta, PyTree, TensorMeta, module};

#[derive(PyTree)]
struct Inputs<T> {
    x: Option<Option<T>>,
    y: Vec<(T, Option<std::option::Option<i64>>)>,
    z: Option<Vec<Option<T>>>,
}

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(&self, _x: Option<Option<TensorMeta>>) {}
}

fn main() {}
