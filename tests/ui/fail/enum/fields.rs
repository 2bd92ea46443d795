// Fields of variants have the roles of fields, with the same rules; all mistakes are told in one run.
use pytree_core::{Meta, PyTree, TensorMeta};

struct Layer;

#[derive(PyTree)]
#[pytree(family = Meta)]
enum Mask {
    Dense { lambda: TensorMeta, #[pytree(static, skip)] n: i64 },
    Window(#[pytree(default = Vec::new)] Vec<i64>, #[pytree(rename = "_0")] TensorMeta),
}

fn main() {}
