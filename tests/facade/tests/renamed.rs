//! The macros with the library under another name: `tree` is `pytree-core`.

use tree::{Meta, Module, PyTree, TensorMeta, function, leaves, module};

#[derive(PyTree)]
#[pytree(crate = "tree", family = Meta)]
struct Inputs {
    x: TensorMeta,
    #[pytree(flatten)]
    more: More,
    #[pytree(static)]
    eps: f64,
}

#[derive(PyTree)]
#[pytree(crate = "tree", family = Meta)]
struct More {
    y: Option<TensorMeta>,
}

#[derive(PyTree)]
#[pytree(crate = "tree")]
enum Either<A, B> {
    Left(A),
    Right { b: B },
}

struct Model;

#[module(crate = "tree", family = Meta)]
impl Model {
    fn forward(&self, inputs: &Inputs, either: Option<&Either<i64, TensorMeta>>) -> i64 {
        let right = matches!(either, Some(Either::Right { b }) if b.rank() == 1);
        inputs.x.rank() as i64 + i64::from(right)
    }
}

#[test]
fn derive_module_and_function() {
    let x = || TensorMeta::new(tree::DType::Int64, [3]);
    let inputs = || Inputs { x: x(), more: More { y: Some(x()) }, eps: 1e-6 };
    assert_eq!(leaves(&inputs()).len(), 2);
    let call = Model::args(inputs()).either(Some(Either::Right { b: x() }));
    assert_eq!(Model.call(&call).ok(), Some(2));
    assert_eq!(leaves::<Meta, _>(&Either::<_, TensorMeta>::Left(1_i64)).len(), 1);
    let double = function!(crate = "tree", family = Meta, |n: i64| -> i64 { 2 * n });
    assert_eq!(double.call(&double.args(21)).ok(), Some(42));
}
