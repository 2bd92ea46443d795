// Arguments whose types are not those of forward.
use pytree_core::{DType, Meta, Module, TensorMeta, module};

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(&self, x: &TensorMeta, rest: &[TensorMeta]) -> TensorMeta {
        rest.first().unwrap_or(x).clone()
    }
}

fn main() {
    let x = || TensorMeta::new(DType::Float32, [2]);
    let _ = Model.call(&Model::args((x(), x())));
    let _ = Model.call(&Model::args(&x()));
    let _ = Model.call(&Model::args(x()).rest(x()));
}
