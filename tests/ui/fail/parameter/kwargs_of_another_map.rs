// Named arguments keep the order in which they are given, so they need an `IndexMap`.
use pytree_core::{Meta, TensorMeta, module};
use std::collections::BTreeMap;

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(&self, #[kwargs] extra: &BTreeMap<String, TensorMeta>) -> i64 {
        extra.len() as i64
    }
}

fn main() {}
