// The fields of a description must be those of the type.
use pytree_core::{Meta, PyTree, TensorMeta};

mod other {
    pub struct Boxes {
        pub corners: pytree_core::TensorMeta,
        pub count: i64,
    }
}

#[derive(PyTree)]
#[pytree(remote = "other::Boxes", family = Meta)]
struct BoxesDef {
    corner: TensorMeta,
    count: f64,
}

fn main() {}
