// Every field that is not a tree is reported once: of tuples, of variants, and with other attributes beside it.
use pytree_core::{Meta, PyTree, TensorMeta};
use ui::Linear;

#[derive(PyTree)]
#[pytree(family = Meta)]
enum Mask {
    Causal,
    Dense(TensorMeta, Linear),
    Window {
        #[pytree(rename = "layer")]
        linear: Linear,
    },
}

#[derive(PyTree)]
#[pytree(family = Meta, as = "list")]
struct Pair(TensorMeta, Option<Linear>);

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Flat {
    #[pytree(flatten)]
    linear: Linear,
}

fn main() {}
