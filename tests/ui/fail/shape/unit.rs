use pytree_core::PyTree;

#[derive(PyTree)]
struct Nothing;

fn main() {}
