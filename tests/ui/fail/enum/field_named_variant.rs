// `variant` is the name under which the context holds the variant.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(family = Meta)]
enum Mask {
    Dense { variant: TensorMeta },
    Window(#[pytree(static, rename = "variant")] i64),
}

fn main() {}
