// The apostrophe of a char is not that of a lifetime: a tensor beside one is still refused.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
struct View<'a> {
    x: &'a TensorMeta,
    #[pytree(static)]
    table: [TensorMeta; b'\x02' as usize],
}

fn main() {}
