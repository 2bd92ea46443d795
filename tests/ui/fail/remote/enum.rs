// A foreign enum is walked by functions.
use pytree_core::PyTree;

#[derive(PyTree)]
#[pytree(remote = "std::cmp::Ordering")]
enum OrderingDef {
    Less,
    Equal,
    Greater,
}

fn main() {}
