use pytree_core::PyTree;

#[derive(PyTree)]
union Bits {
    int: i64,
    float: f64,
}

fn main() {}
