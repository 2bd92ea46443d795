// A misspelled kind is reported with the nearest one.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(as = "named_tuple", family = Meta)]
struct A {
    x: TensorMeta,
}

#[derive(PyTree)]
#[pytree(as = "ordereddict", family = Meta)]
struct B {
    x: TensorMeta,
}

#[derive(PyTree)]
#[pytree(as = "set", family = Meta)]
struct C {
    x: TensorMeta,
}

fn main() {}
