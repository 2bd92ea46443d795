//! An optional argument is given with `Some` or without, or as `None`.

use pytree_core::{DType, Meta, Module, TensorMeta, module};

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(&self, x: &TensorMeta, mask: Option<&TensorMeta>, times: Option<i64>, sizes: Option<&[i64]>) -> i64 {
        let _ = x;
        mask.map_or(0, |m| m.sizes[0]) + 10 * times.unwrap_or(0) + 100 * sizes.map_or(0, |s| s[0])
    }
}

fn main() {
    let x = || TensorMeta::new(DType::Float32, [2]);
    assert_eq!(Model.call(&Model::args(x()).mask(x()).times(3).sizes(vec![4])).unwrap(), 432);
    assert_eq!(Model.call(&Model::args(x()).mask(Some(x())).times(Some(3)).sizes(Some(vec![4]))).unwrap(), 432);
    assert_eq!(Model.call(&Model::args(x()).mask(None).times(None).sizes(None)).unwrap(), 0);
    let absent: Option<TensorMeta> = None;
    assert_eq!(Model.call(&Model::args(x()).mask(absent).times(3_i64)).unwrap(), 30);
}
