// A union is not a tree: which of its fields is in use is not known.
use pytree_core::PyTree;

#[derive(PyTree)]
union Bits {
    int: i64,
    float: f64,
}

fn main() {}
