// Fields of variants follow the rules of all fields, and all mistakes are reported in one run.
use pytree_core::{Meta, PyTree, TensorMeta};

struct Layer;

#[derive(PyTree)]
#[pytree(family = Meta)]
enum Mask {
    Dense { lambda: TensorMeta, #[pytree(static, skip)] n: i64 },
    Window(#[pytree(default = Vec::new)] Vec<i64>, #[pytree(rename = "_0")] TensorMeta),
}

fn main() {}
