//! Types that can only be read: one that implements `Drop` and one that borrows.
use pytree_core::{DType, Meta, PyTree, TensorMeta, flatten};

#[derive(PyTree)]
#[pytree(family = Meta, borrow_only)]
struct Guarded {
    x: TensorMeta,
}

impl Drop for Guarded {
    fn drop(&mut self) {}
}

#[derive(PyTree)]
struct View<'a, 'b: 'a, T, const N: usize> {
    x: &'a T,
    rest: &'b [T],
    #[pytree(skip)]
    names: [&'static str; N],
}

fn main() {
    let x = || TensorMeta::new(DType::Float32, [2]);
    assert_eq!(flatten(&Guarded { x: x() }).unwrap().leaves.len(), 1);
    let (x, rest) = (x(), [x(), x()]);
    let view = View { x: &x, rest: &rest, names: ["a"] };
    assert_eq!(flatten::<Meta, _>(&view).unwrap().leaves.len(), 3);
    assert_eq!(view.names, ["a"]);
}
