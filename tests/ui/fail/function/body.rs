// A mistake in the body of `function!` is reported where it is written.
use pytree_core::{Meta, TensorMeta, function};

fn main() {
    let _ = function!(family = Meta, |x: &TensorMeta| -> TensorMeta { x.sizes[0] });
}
