// Forward cannot be `async`, `unsafe` or generic.
use pytree_core::{Meta, TensorMeta, module};

struct A;
struct B;
struct C<T>(T);

#[module(family = Meta)]
impl A {
    async fn forward(&self, x: &TensorMeta) -> TensorMeta {
        x.clone()
    }
}

#[module(family = Meta)]
impl B {
    fn forward<T: Clone>(&self, x: &T) -> T {
        x.clone()
    }
}

#[module(family = Meta)]
impl<T: Clone> C<T> {
    fn forward(&self, x: &Vec<T>) -> T {
        x[0].clone()
    }
}

fn main() {}
