// An enum without variants is not a tree.
use pytree_core::PyTree;

#[derive(PyTree)]
enum Never {}

fn main() {}
