//! Arrays, boxed slices and shared pointers as children, and typed mirrors of them.
use pytree_core::{DType, Meta, PyTree, TensorMeta, into_leaves, map, structure, unflatten};
use std::{rc::Rc, sync::Arc};

#[derive(PyTree, Debug, PartialEq)]
struct Layer<T, const N: usize> {
    heads: [T; N],
    pairs: [(T, Option<T>); 2],
    rest: Box<[T]>,
    sizes: [i64; 3],
}

#[derive(PyTree)]
#[pytree(borrow_only)]
struct Shared<T> {
    x: Rc<T>,
    y: Arc<[T]>,
    name: Arc<str>,
}

fn main() {
    let t = || TensorMeta::new(DType::Float32, [2]);
    let layer = Layer { heads: [t(), t()], pairs: [(t(), None), (t(), Some(t()))], rest: [t()].into(), sizes: [1, 2, 3] };
    let again: Layer<TensorMeta, 2> = map::<_, Meta, _>(&layer, TensorMeta::clone).unwrap();
    assert_eq!(again, layer);
    let spec = structure::<Meta, _>(&layer).unwrap();
    assert_eq!(spec.pprint(), "Layer(heads=[*, *], pairs=[(*, *), (*, *)], rest=[*], sizes=[*, *, *])");
    let (leaves, _) = into_leaves::<Meta, _>(layer).unwrap();
    let error = unflatten::<Meta, Layer<TensorMeta, 3>>(leaves, &spec).unwrap_err();
    assert_eq!(error.to_string(), "at .heads: Node arity mismatch; expected 3, but got 2.");
    let shared = Shared { x: Rc::new(t()), y: [t()].into(), name: "a".into() };
    assert_eq!(structure::<Meta, _>(&shared).unwrap().num_leaves(), 3);
}
