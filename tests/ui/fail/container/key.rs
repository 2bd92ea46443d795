// A key of a dict is what Python and Rust can both own.
use pytree_core::{Meta, TensorMeta, leaves};
use std::collections::BTreeMap;

fn main() {
    let tree: BTreeMap<&str, TensorMeta> = BTreeMap::new();
    leaves::<Meta, _>(&tree);
}
