// The fields of a packed struct cannot be borrowed.
use pytree_core::{Meta, PyTree};

#[derive(PyTree)]
#[pytree(family = Meta)]
#[repr(C, packed)]
struct Packed {
    flag: bool,
    count: i64,
}

fn main() {}
