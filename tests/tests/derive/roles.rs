//! The roles of fields: a child, a leaf by conversion, walked by functions, flattened, of a foreign type, skipped.

use crate::{paths, round_trips, tensor};
use pytree_core::{
    AsLeaf, Leaf, LeafError, LeafMut, Meta, Plain, PyTree, TensorMeta, for_each_mut, into_leaves, map, unflatten,
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Train,
    Eval,
}

impl AsLeaf for Mode {
    fn to_leaf(&self) -> Plain<'_> {
        Plain::Str(if *self == Mode::Train { "train" } else { "eval" })
    }
    fn from_leaf(leaf: Plain<'_>) -> Result<Self, LeafError> {
        match leaf {
            Plain::Str("train") => Ok(Mode::Train),
            Plain::Str("eval") => Ok(Mode::Eval),
            other => Err(format!("{} is not a mode", other.kind()).into()),
        }
    }
}

#[derive(PyTree, Clone, Debug, PartialEq)]
#[pytree(name = "my.Step")]
struct Step<T, L> {
    x: T,
    #[pytree(leaf)]
    mode: Mode,
    #[pytree(leaf)]
    small: u8,
    #[pytree(leaf, rename = "lambda_")]
    lambda: L,
}

#[test]
fn a_users_type_may_be_a_leaf() {
    let step = Step { x: tensor(1), mode: Mode::Eval, small: 200, lambda: 0.5_f32 };
    assert_eq!(
        round_trips(&step).to_string(),
        "TreeSpec(Step, [['x', 'mode', 'small', 'lambda_'], []], [*,\n  *,\n  *,\n  *])"
    );
    assert_eq!(paths(&step), [".x", ".mode", ".small", ".lambda_"]);
    let (leaves, spec) = into_leaves::<Meta, _>(step.clone()).unwrap();
    assert_eq!(leaves, [Leaf::Tensor(tensor(1)), Leaf::Str("eval".into()), Leaf::Int(200), Leaf::Float(0.5)]);
    // `map` keeps everything but the tensors.
    assert_eq!(map::<Meta, Meta, _>(&step, |_| tensor(3)).unwrap(), Step { x: tensor(3), ..step.clone() });

    // A leaf that the type cannot hold is an error with its place; in place, the field does not change.
    let wrong = [Leaf::Tensor(tensor(1)), Leaf::Str("eval".into()), Leaf::Int(300), Leaf::Float(0.5)];
    let error = unflatten::<Meta, Step<TensorMeta, f32>>(wrong, &spec).unwrap_err();
    assert_eq!(error.to_string(), "at .small: 300 does not fit in a `u8`");
    let wrong = [Leaf::Tensor(tensor(1)), Leaf::Tensor(tensor(1)), Leaf::Int(30), Leaf::Float(0.5)];
    let error = unflatten::<Meta, Step<TensorMeta, f32>>(wrong, &spec).unwrap_err();
    assert!(error.to_string().starts_with("at .mode: a tensor is not a `"), "{error}");
    let mut changed = step;
    for_each_mut::<Meta, _>(&mut changed, |leaf| match leaf {
        LeafMut::Int(n) => *n += 100,
        LeafMut::Str(s) => *s = "train".into(),
        LeafMut::Float(f) => *f *= 2.0,
        _ => {}
    });
    assert_eq!(changed, Step { x: tensor(1), mode: Mode::Train, small: 200, lambda: 1.0 });
}

/// The functions that walk a pair as a list, in reverse.
mod reversed {
    use pytree_core::{
        Family, Mismatch, Node, OwnedTree, PyTree, Source, UnflattenError, Visitor, VisitorMut, VisitorOwned,
    };
    use std::ops::ControlFlow;

    pub(super) fn walk<'a, F: Family, X: PyTree<F>, V: Visitor<'a, F>>(
        pair: &'a (X, X),
        v: &mut V,
    ) -> ControlFlow<V::Break> {
        if v.enter(&Node::List(2))? {
            v.child(0);
            pair.1.walk(v)?;
            v.child(1);
            pair.0.walk(v)?;
            v.exit()?;
        }
        ControlFlow::Continue(())
    }
    pub(super) fn walk_mut<F: Family, X: OwnedTree<F>, V: VisitorMut<F>>(
        pair: &mut (X, X),
        v: &mut V,
    ) -> ControlFlow<V::Break> {
        pair.1.walk_mut(v)?;
        pair.0.walk_mut(v)
    }
    pub(super) fn into_walk<F: Family, X: OwnedTree<F>, V: VisitorOwned<F>>(
        pair: (X, X),
        v: &mut V,
    ) -> ControlFlow<V::Break> {
        v.enter(&Node::List(2))?;
        pair.1.into_walk(v)?;
        pair.0.into_walk(v)?;
        v.exit()
    }
    pub(super) fn rebuild<F: Family, X: OwnedTree<F>, S: Source<F>>(source: &mut S) -> Result<(X, X), UnflattenError> {
        match source.list()? {
            2 => {
                let second = X::rebuild(source)?;
                Ok((X::rebuild(source)?, second))
            }
            _ => Err(source.fail(Mismatch::Next("a list of 2"))),
        }
    }
}

#[test]
fn a_field_may_be_walked_by_functions() {
    #[derive(PyTree, Clone, Debug, PartialEq)]
    #[pytree(name = "my.Pair", family = Meta)]
    struct Pair {
        first: i64,
        #[pytree(with = reversed)]
        pair: (TensorMeta, TensorMeta),
    }
    #[derive(PyTree, Clone, Debug, PartialEq)]
    enum Either<T> {
        Some(T, #[pytree(with = self::reversed)] (i64, i64)),
        None,
    }
    let tree = Pair { first: 1, pair: (tensor(2), tensor(3)) };
    round_trips(&tree);
    assert_eq!(paths(&tree), [".first", ".pair[0]", ".pair[1]"]);
    let (leaves, _) = into_leaves::<Meta, _>(tree.clone()).unwrap();
    assert_eq!(leaves[1..], [Leaf::Tensor(tensor(3)), Leaf::Tensor(tensor(2))]);
    let mut order = Vec::new();
    let mut changed = tree;
    for_each_mut::<Meta, _>(&mut changed, |leaf| {
        if let LeafMut::Tensor(t) = leaf {
            order.push(t.sizes[0]);
        }
    });
    assert_eq!(order, [3, 2]);
    round_trips(&Either::Some(tensor(1), (2, 3)));
    round_trips(&Either::<TensorMeta>::None);
}

#[derive(PyTree, Clone, Debug, PartialEq)]
#[pytree(as = "dict")]
struct Common<T> {
    input_ids: T,
    attention_mask: Option<T>,
}

#[derive(PyTree, Clone, Debug, PartialEq)]
#[pytree(name = "my.Inputs")]
struct Inputs<T> {
    before: i64,
    #[pytree(flatten)]
    common: Common<T>,
    after: Option<T>,
}

#[test]
fn a_flattened_field_gives_its_children() {
    let tree =
        Inputs { before: 1, common: Common { input_ids: tensor(2), attention_mask: None }, after: Some(tensor(3)) };
    let spec = round_trips(&tree);
    // The outer struct is a dataclass, so it drops `None` and remembers it.
    assert_eq!(
        spec.to_string(),
        "TreeSpec(Inputs, [['before', 'input_ids', 'after'], ['attention_mask']], [*,\n  *,\n  *])"
    );
    assert_eq!(paths(&tree), [".before", ".input_ids", ".after"]);
    assert_eq!(map::<Meta, Meta, _>(&tree, |t| t.clone()).unwrap(), tree);

    // A flattened struct may itself flatten another.
    #[derive(PyTree, Clone, Debug, PartialEq)]
    #[pytree(as = "dict", family = Meta)]
    struct Outer {
        #[pytree(flatten)]
        inner: Inputs<TensorMeta>,
        last: i64,
    }
    let outer = Outer { inner: tree, last: 5 };
    assert_eq!(
        round_trips(&outer).to_string(),
        "TreeSpec(dict, ['before', 'input_ids', 'attention_mask', 'after', 'last'], [*,\n  *,\n  *,\n  *,\n  *])"
    );
}

/// Stands for another crate.
#[allow(unreachable_pub, reason = "the types of another crate are public")]
mod other_crate {
    #[derive(Clone, Debug, PartialEq)]
    pub struct Boxes<T> {
        pub corners: Vec<T>,
        pub count: i64,
        pub cached: Option<String>,
    }
    #[derive(Clone, Debug, PartialEq)]
    pub struct Span(pub i64, pub i64);
}

#[derive(PyTree)]
#[pytree(remote = "other_crate::Boxes<T>", name = "other.Boxes")]
struct BoxesDef<T> {
    corners: Vec<T>,
    count: i64,
    #[pytree(skip)]
    cached: Option<String>,
}

#[derive(PyTree)]
#[pytree(remote = "other_crate::Span", as = "tuple", family = Meta)]
struct SpanDef(i64, i64);

#[derive(PyTree, Clone, Debug, PartialEq)]
#[pytree(name = "my.Detections", family = Meta)]
struct Detections {
    #[pytree(with = BoxesDef<TensorMeta>)]
    boxes: other_crate::Boxes<TensorMeta>,
    #[pytree(with = SpanDef)]
    span: other_crate::Span,
}

#[test]
fn a_foreign_type_is_described_by_a_struct() {
    let boxes = other_crate::Boxes { corners: vec![tensor(1), tensor(2)], count: 2, cached: None };
    let tree = Detections { boxes, span: other_crate::Span(3, 4) };
    let spec = round_trips(&tree);
    assert_eq!(paths(&tree), [".boxes.corners[0]", ".boxes.corners[1]", ".boxes.count", ".span[0]", ".span[1]"]);
    assert!(spec.to_json().unwrap().contains("other.Boxes"));
    let mut changed = tree;
    for_each_mut::<Meta, _>(&mut changed, |leaf| {
        if let LeafMut::Int(n) = leaf {
            *n *= 10;
        }
    });
    assert_eq!((changed.boxes.count, changed.span), (20, other_crate::Span(30, 40)));
}

#[test]
fn a_skipped_field_may_have_a_default_of_its_own() {
    fn seven() -> u8 {
        7
    }
    #[derive(Clone, Debug, PartialEq)]
    struct NoDefault(u8);
    impl NoDefault {
        fn new() -> Self {
            NoDefault(3)
        }
    }
    #[derive(PyTree, Clone, Debug, PartialEq)]
    struct Cached<T, P> {
        x: T,
        #[pytree(skip, default = seven)]
        a: u8,
        #[pytree(default = NoDefault::new, skip)]
        b: NoDefault,
        #[pytree(skip)]
        marker: std::marker::PhantomData<P>,
        #[pytree(skip, default = Vec::new)]
        c: Vec<P>,
    }
    // `P` is not a tree and has no default, and no bound asks for either.
    #[derive(Clone, Debug, PartialEq)]
    struct Bare;
    let tree = Cached { x: tensor(1), a: 9, b: NoDefault(8), marker: std::marker::PhantomData, c: vec![Bare] };
    let (leaves, spec) = into_leaves::<Meta, _>(tree.clone()).unwrap();
    let again: Cached<TensorMeta, Bare> = unflatten(leaves, &spec).unwrap();
    assert_eq!(again, Cached { a: 7, b: NoDefault(3), c: vec![], ..tree });
}
