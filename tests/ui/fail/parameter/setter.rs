// `*args` and `**kwargs` are given by their own methods, not by position.
use pytree_core::{Meta, TensorMeta, module};

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(&self, x: &TensorMeta, #[args] rest: &[i64], flag: bool) -> i64 {
        let _ = (x, rest, flag);
        0
    }
}

fn calls(x: TensorMeta) {
    let _ = Model::args((x.clone(), vec![1]));
    let _ = Model::args(x).rest(vec!["a"]);
}

fn main() {}
