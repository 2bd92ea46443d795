// `function!` takes a closure whose types are written.
use pytree_core::{Meta, TensorMeta, function};

fn plain(x: &TensorMeta) -> i64 {
    x.sizes[0]
}

fn main() {
    let _ = function!(family = Meta, plain);
    let _ = function!(family = Meta, |x: &TensorMeta| x.sizes[0]);
    let _ = function!(family = Meta, |x: &TensorMeta| -> i64 x.sizes[0]);
    let _ = function!(family = Meta, |x| -> i64 { 0 });
}
