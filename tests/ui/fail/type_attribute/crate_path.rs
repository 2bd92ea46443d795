// `crate` takes the path of the library.
use pytree_core::PyTree;

#[derive(PyTree)]
#[pytree(crate = "a::crate::b")]
struct First {
    x: i64,
}

#[derive(PyTree)]
#[pytree(crate = "not a path")]
struct Second {
    x: i64,
}

fn main() {}
