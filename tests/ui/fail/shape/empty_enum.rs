// An enum without variants has no value to walk.
use pytree_core::PyTree;

#[derive(PyTree)]
enum Never {}

fn main() {}
