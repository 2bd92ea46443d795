// The parameters of `function!` follow the rules of `#[module]`.
use pytree_core::{Meta, TensorMeta, function};

fn main() {
    let _ = function!(family = Meta, |(a, b): &(i64, i64), c: &mut i64| -> i64 { a + b });
}
