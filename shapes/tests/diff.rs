//! `max_diff` and `string_diff`, against what onnx-diagnostic 0.9.3 printed on torch 2.13 tensors.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use pytree_core::{Context, DType, DescribeTensor, Family, Leaf, TensorMeta, Value};
use shapes::{DiffError, DiffOptions, Number, TensorError, TensorSummary, TensorValues, max_diff, string_diff};

/// Tensors with their values.
enum Numeric {}

struct Values {
    meta: TensorMeta,
    values: Vec<f64>,
}

impl Family for Numeric {
    type Tensor = Values;
}

impl DescribeTensor for Numeric {
    fn describe(tensor: &Values) -> TensorMeta {
        tensor.meta.clone()
    }
}

impl TensorValues for Numeric {
    fn values(tensor: &Values) -> Result<Vec<f64>, TensorError> {
        Ok(tensor.values.clone())
    }

    fn summary(tensor: &Values) -> Result<TensorSummary, TensorError> {
        TensorSummary::of(&tensor.values.iter().map(|v| Number::Float(*v)).collect::<Vec<_>>(), tensor.meta.rank())
    }
}

type Tree = Value<Numeric>;

fn t<const N: usize>(sizes: [i64; N], values: &[f64]) -> Tree {
    typed(DType::Float32, sizes, values)
}

fn typed<const N: usize>(dtype: DType, sizes: [i64; N], values: &[f64]) -> Tree {
    Tree::tensor(Values { meta: TensorMeta::new(dtype, sizes), values: values.to_vec() })
}

fn row(values: &[f64]) -> Tree {
    t([i64::try_from(values.len()).expect("few")], values)
}

/// `arange(6).reshape(2, 3) + shift`
fn a(shift: f64) -> Tree {
    t([2, 3], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0].map(|v| v + shift))
}

fn list<const N: usize>(items: [Tree; N]) -> Tree {
    Tree::list(items)
}

fn tuple<const N: usize>(items: [Tree; N]) -> Tree {
    Tree::tuple(items)
}

fn none() -> Tree {
    Leaf::None.into()
}

fn int(v: i64) -> Tree {
    Leaf::Int(v).into()
}

fn diff(expected: &Tree, got: &Tree, options: &DiffOptions) -> String {
    max_diff(expected, got, options).map_or_else(|e| format!("error: {e}"), |d| string_diff(&d))
}

#[test]
fn differences_print_as_python_prints_them() {
    let nan = f64::NAN;
    let inf = "abs=inf, rel=inf, n=inf, dnan=inf";
    let cases = [
        (a(0.0), a(0.0), "abs=0.0, rel=0.0,amax=0,0, dev=0"),
        (a(0.0), a(0.5), "abs=0.5, rel=500.0, n=6.0,amax=0,0, dev=0"),
        (a(0.0), t([3, 2], &[0.0; 6]), inf),
        (
            tuple([row(&[1.0, 2.0]), row(&[1.0, 2.0, 3.0])]),
            tuple([row(&[1.0, 2.0]), row(&[1.0, 3.0, 3.0])]),
            "abs=1.0, rel=0.49975012493753124, n=5.0, dev=0",
        ),
        (row(&[1.0, nan]), row(&[1.0, 2.0]), "abs=9999999998.0, rel=0.9999999997999001, n=2.0, dnan=1.0,amax=1, dev=0"),
        (int(3), typed(DType::Int64, [], &[4.0]), "abs=1, rel=0.3333333333333333, n=1"),
        (int(3), t([], &[4.5]), "abs=1.5, rel=0.5, n=1"),
        (int(3), row(&[4.0, 5.0]), "abs=inf, rel=inf, n=inf, dnan=inf,amax=inf"),
        (Leaf::Bool(true).into(), typed(DType::Int64, [], &[1.0]), "abs=0, rel=0.0"),
        (none(), none(), "abs=0, rel=0"),
        (row(&[1.0]), list([row(&[2.0])]), "abs=1.0, rel=0.9990009990009991, n=1.0,amax=0, dev=0"),
        (list([row(&[1.0])]), row(&[2.0]), "abs=1.0, rel=0.9990009990009991, n=1.0,amax=0, dev=0"),
        (list([row(&[1.0])]), tuple([row(&[2.0])]), "abs=1.0, rel=0.9990009990009991, n=1.0,amax=0, dev=0"),
        (list([a(0.0), a(0.0)]), list([a(0.0), a(0.0), a(0.0)]), inf),
        (list([a(0.0), a(0.0)]), a(0.0), inf),
        (
            Tree::dict([("b", row(&[1.0])), ("a", row(&[2.0]))]),
            Tree::dict([("a", row(&[2.0])), ("b", row(&[1.5]))]),
            "abs=0.5, rel=0.4995004995004996, n=2.0, dev=0",
        ),
        (Tree::dict([("a", row(&[1.0]))]), Tree::dict([("b", row(&[1.0]))]), inf),
        (
            Tree::dict([("a", row(&[1.0])), ("b", row(&[2.0]))]),
            list([row(&[1.0]), row(&[3.0])]),
            "abs=1.0, rel=0.49975012493753124, n=2.0, dev=0",
        ),
        (t([0, 2], &[]), t([0, 2], &[]), "abs=0.0, rel=0.0,amax=None, dev=0"),
        (row(&[f64::INFINITY]), row(&[1.0]), "abs=1.7976931348623157e+308, rel=1.0, n=1.0,amax=0, dev=0"),
        (row(&[f64::INFINITY]), row(&[f64::INFINITY]), "abs=0.0, rel=0.0,amax=0, dev=0"),
        (t([], &[1.0]), t([], &[2.0]), "abs=1.0, rel=0.9990009990009991, n=1.0,amax=, dev=0"),
        (
            typed(DType::Complex64, [1], &[1.0, 2.0]),
            typed(DType::Complex64, [1], &[1.0, 3.0]),
            "abs=1.0, rel=0.49975012493753124, n=2.0,amax=0,1, dev=0",
        ),
        (typed(DType::Complex64, [1], &[1.0, 2.0]), row(&[1.0]), inf),
        (row(&[1.0]), typed(DType::Complex64, [1], &[1.0, 3.0]), "abs=0.0, rel=0.0,amax=0, dev=0"),
        (list([a(0.0), a(0.0)]), list([a(0.0), a(0.0)]), "abs=0, rel=0, dev=0"),
        (row(&[1.0]), typed(DType::Int64, [1], &[2.0]), "abs=1.0, rel=0.9990009990009991, n=1.0,amax=0, dev=0"),
        (list([a(0.0), a(0.0)]), tuple([a(0.0), a(1.0)]), "abs=1.0, rel=1000.0, n=12.0, dev=0"),
        (list([]), list([]), "abs=0, rel=0"),
        (
            list([list([a(0.0)]), list([a(0.0)])]),
            list([list([a(0.0)]), list([a(2.0)])]),
            "abs=2.0, rel=2000.0, n=12.0, dev=0",
        ),
        (list([Tree::dict([("a", a(0.0))])]), list([Tree::dict([("a", a(1.0))])]), "abs=1.0, rel=1000.0, n=6.0, dev=0"),
    ];
    for (expected, got, text) in &cases {
        assert_eq!(diff(expected, got, &DiffOptions::default()), *text);
    }
}

#[test]
fn thresholds_count_the_differences_above_them() {
    let two = DiffOptions { hist: vec![0.1, 0.01], ..DiffOptions::default() };
    assert_eq!(diff(&a(0.0), &a(0.5), &two), "abs=0.5, rel=500.0, n=6.0/#6>0.1-#6>0.01,amax=0,0, dev=0");
    let all = DiffOptions::hist();
    let rows = "#6>0.0-#6>0.0001-#6>0.001-#6>0.01-#6>0.1";
    assert_eq!(diff(&a(0.0), &a(0.5), &all), format!("abs=0.5, rel=500.0, n=6.0/{rows},amax=0,0, dev=0"));
    assert_eq!(diff(&a(0.0), &a(0.0), &all), "abs=0.0, rel=0.0/,amax=0,0, dev=0");
    let (expected, got) = (list([a(0.0), a(0.0)]), list([a(0.5), a(0.0)]));
    assert_eq!(diff(&expected, &got, &all), format!("abs=0.5, rel=500.0, n=12.0/{rows}, dev=0"));
}

#[test]
fn none_is_passed_over_on_demand_and_refused_otherwise() {
    let skip = DiffOptions { skip_none: true, ..DiffOptions::default() };
    assert_eq!(diff(&none(), &row(&[1.0]), &skip), "abs=0, rel=0");
    let (expected, got) = (list([row(&[1.0]), none()]), list([row(&[1.0]), row(&[2.0])]));
    assert_eq!(diff(&expected, &got, &skip), "abs=0, rel=0, dev=0");
    match max_diff(&expected, &got, &DiffOptions::default()) {
        Err(DiffError::Leaves { path, expected, found }) => {
            assert_eq!((path.to_string().as_str(), expected.as_str(), found.as_str()), ("[1]", "None", "a tensor"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn lengths_may_differ_when_leaves_are_compared() {
    let (expected, got) = (list([list([a(0.0), a(0.0)]), a(0.0)]), list([a(0.0), a(1.0), a(0.0)]));
    assert_eq!(diff(&expected, &got, &DiffOptions::default()), "abs=inf, rel=inf, n=inf, dnan=inf");
    let flat = DiffOptions { flatten: true, ..DiffOptions::default() };
    assert_eq!(diff(&expected, &got, &flat), "abs=1.0, rel=1000.0, n=18.0, dev=0");
}

/// Python knows no difference of two numbers; here they have one.
#[test]
fn numbers_differ_by_what_they_differ_by() {
    let found = max_diff(&list([int(3), a(0.0)]), &list([int(4), a(0.0)]), &DiffOptions::default()).expect("numbers");
    assert_eq!(found.to_string(), "abs=1.0, rel=0.3333322222259259, n=7.0, dev=0");
    assert!(!found.within(0.5, 1.0) && found.within(1.0, 0.5));
}

#[test]
fn classes_are_compared_leaf_by_leaf() {
    let class = |name: &'static str, items: Vec<Tree>| {
        let fields = (0..items.len()).map(|i| format!("f{i}").into()).collect();
        Value::Node(Context::Mapping { name: name.into(), fields, statics: None }, items)
    };
    let expected = class("lib.Pair", vec![a(0.0), list([a(0.0)])]);
    assert_eq!(
        diff(&expected, &class("lib.Other", vec![a(0.0), a(1.0)]), &DiffOptions::default()),
        "abs=1.0, rel=1000.0, n=12.0, dev=0"
    );
}
