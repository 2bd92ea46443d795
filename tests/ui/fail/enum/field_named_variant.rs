// `variant` is reserved: the context holds the variant under this name.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
enum Mask {
    Dense { variant: TensorMeta },
    Window(#[pytree(static, rename = "variant")] i64),
}

fn main() {}
