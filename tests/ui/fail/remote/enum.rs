// `remote` cannot describe an enum.
use pytree_core::PyTree;

#[derive(PyTree)]
#[pytree(remote = "std::cmp::Ordering")]
enum OrderingDef {
    Less,
    Equal,
    Greater,
}

fn main() {}
