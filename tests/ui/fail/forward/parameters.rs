// Every parameter that a call cannot keep is reported.
#![allow(unused_variables)]
use pytree_core::{Meta, TensorMeta, module};

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(
        &self,
        by_value: TensorMeta,
        changed: &mut TensorMeta,
        (a, b): &(TensorMeta, TensorMeta),
        _: &TensorMeta,
        any: impl AsRef<TensorMeta>,
        dynamic: &dyn AsRef<TensorMeta>,
        many: &[&TensorMeta],
        lambda: &TensorMeta,
        own: &Self,
        small: i32,
    ) -> TensorMeta {
        a.clone()
    }
}

fn main() {}
