// `function!` takes the arguments of `#[module]`, and a name.
use pytree_core::{Meta, TensorMeta, function};

fn main() {
    let _ = function!(famly = Meta, |x: &TensorMeta| -> i64 { x.sizes[0] });
    let _ = function!(family = Meta, name = "two words", |x: &TensorMeta| -> i64 { x.sizes[0] });
}
