// A namedtuple refuses names with a leading underscore, which fields without names get.
use pytree_core::{Meta, PyTree, TensorMeta};

#[derive(PyTree)]
#[pytree(as = "namedtuple", family = Meta)]
struct Pair(TensorMeta, #[pytree(rename = "second")] TensorMeta);

fn main() {}
