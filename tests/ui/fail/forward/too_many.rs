// A call has at most twelve arguments.
#![allow(unused_variables)]
use pytree_core::{Meta, TensorMeta, module};

struct Model;

#[module(family = Meta)]
impl Model {
    #[rustfmt::skip]
    fn forward(&self, p0: &TensorMeta, p1: &TensorMeta, p2: &TensorMeta, p3: &TensorMeta, p4: &TensorMeta, p5: &TensorMeta, p6: &TensorMeta, p7: &TensorMeta, p8: &TensorMeta, p9: &TensorMeta, p10: &TensorMeta, p11: &TensorMeta, p12: &TensorMeta) -> TensorMeta {
        p0.clone()
    }
}

fn main() {}
