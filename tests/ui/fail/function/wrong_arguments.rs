// The arguments of a `function!` are checked like those of a model.
use pytree_core::{Meta, Module, TensorMeta, function};

fn main() {
    let model = function!(family = Meta, |x: &TensorMeta, n: i64| -> i64 { x.sizes[0] + n });
    let _ = model.args(3);
    let _ = model.kwargs().m(3);
    let _ = model.call(&3);
}
