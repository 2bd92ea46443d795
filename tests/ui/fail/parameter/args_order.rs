// There is at most one `*args` and one `**kwargs`, which comes last.
#![allow(unused_variables)]
use pytree_core::{Meta, TensorMeta, module};

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(
        &self,
        #[args] a: &[TensorMeta],
        #[args] b: &[TensorMeta],
        #[kwargs] c: &std::collections::BTreeMap<String, TensorMeta>,
        d: &TensorMeta,
    ) -> i64 {
        0
    }
}

fn main() {}
