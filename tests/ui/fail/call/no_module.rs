// A type without `#[module]`.
use pytree_core::{Module, TensorMeta};

struct Model;

impl Model {
    fn forward(&self, x: &TensorMeta) -> TensorMeta {
        x.clone()
    }
}

fn run<M: Module>(_: &M) {}

fn main() {
    run(&Model);
}
