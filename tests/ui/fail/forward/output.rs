// The result of forward must be an owned, named type.
use pytree_core::{Meta, TensorMeta, module};
use ui::Linear;

struct A;
struct B;
struct C(Linear);

#[module(family = Meta)]
impl A {
    fn forward(&self, x: &TensorMeta) -> impl Iterator<Item = TensorMeta> {
        std::iter::once(x.clone())
    }
}

#[module(family = Meta)]
impl B {
    fn forward<'a>(&self, x: &'a TensorMeta) -> &'a TensorMeta {
        x
    }
}

#[module(family = Meta)]
impl C {
    fn forward(self: &C, x: &TensorMeta) -> TensorMeta {
        x.clone()
    }
}

fn main() {}
