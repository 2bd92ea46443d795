// A namedtuple has a serialized name and no static fields.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(as = "namedtuple", name = "my.Point", family = Meta)]
struct Point {
    _x: TensorMeta,
    #[pytree(static)]
    y: i64,
}

fn main() {}
