// Forward must take `&self`.
use pytree_core::{Meta, TensorMeta, module};

struct A;
struct B;
struct C;

#[module(family = Meta)]
impl A {
    fn forward(x: &TensorMeta) -> TensorMeta {
        x.clone()
    }
}

#[module(family = Meta)]
impl B {
    fn forward(&mut self, x: &TensorMeta) -> TensorMeta {
        x.clone()
    }
}

#[module(family = Meta)]
impl C {
    fn forward(self, x: &TensorMeta) -> TensorMeta {
        x.clone()
    }
}

fn main() {}
