// A layer cannot be flattened.
use pytree_core::{Meta, flatten};
use ui::Linear;

fn leaves(layer: &Linear) -> usize {
    flatten::<Meta, _>(layer).unwrap().leaves.len()
}

fn main() {}
