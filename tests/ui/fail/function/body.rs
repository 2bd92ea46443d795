// A mistake in the body is told where it stands.
use pytree_core::{Meta, TensorMeta, function};

fn main() {
    let _ = function!(family = Meta, |x: &TensorMeta| -> TensorMeta { x.sizes[0] });
}
