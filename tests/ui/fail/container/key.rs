// The key of a dict must be owned in both Python and Rust.
use pytree_core::{Meta, TensorMeta, leaves};
use std::collections::BTreeMap;

fn main() {
    let tree: BTreeMap<&str, TensorMeta> = BTreeMap::new();
    leaves::<Meta, _>(&tree);
}
