//! The library under another path, for every kind of type and for closures.
mod deps {
    pub use pytree_core as tree;
}

use deps::tree::{Meta, Module, TensorMeta};

#[derive(deps::tree::PyTree)]
#[pytree(crate = "crate::deps::tree", family = Meta)]
enum Mask {
    Causal,
    Dense(TensorMeta),
}

#[derive(deps::tree::PyTree)]
#[pytree(crate = "crate::deps::tree", family = Meta)]
struct Inputs {
    #[pytree(flatten)]
    inner: Inner,
    #[pytree(leaf)]
    small: u8,
}

#[derive(deps::tree::PyTree)]
#[pytree(crate = "crate::deps::tree", family = Meta)]
struct Inner {
    x: TensorMeta,
}

fn main() {
    let x = TensorMeta::new(deps::tree::DType::Float32, [2]);
    let count = deps::tree::function!(crate = "crate::deps::tree", family = Meta, |mask: &Mask, inputs: &Inputs| -> i64 {
        let dense = match mask {
            Mask::Causal => 0,
            Mask::Dense(t) => t.sizes[0],
        };
        dense + inputs.inner.x.sizes[0] + i64::from(inputs.small)
    });
    let inputs = Inputs { inner: Inner { x: x.clone() }, small: 3 };
    let call = count.args(Mask::Dense(x)).inputs(inputs);
    assert_eq!(count.call(&call).unwrap(), 7);
    let _ = Mask::Causal;
}
