// An optional argument of another type.
use pytree_core::{DType, Meta, TensorMeta, module};

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(&self, x: &TensorMeta, mask: Option<&TensorMeta>, times: Option<i64>) -> TensorMeta {
        let _ = times;
        mask.unwrap_or(x).clone()
    }
}

fn main() {
    let x = || TensorMeta::new(DType::Float32, [2]);
    let _ = Model::args(x()).mask(&x());
    let _ = Model::args(x()).times("three");
}
