//! Random specs and random questions about their sizes.
#![allow(clippy::expect_used, reason = "a test fails by a panic")]

use proptest::collection::vec;
use proptest::prelude::*;
use shapes::{Dim, DimSpec, InputLeaf, InputValue, ShapeSpec, SymbolicInputs, Tolerance};
use symbolic::{Expr, ExprError, Function, Naming, Rel, RelOp};

/// An expression over the sizes of the inputs, before it is simplified.
#[derive(Clone, Debug)]
enum Asked {
    Int(i64),
    Size(usize),
    Two(fn(&Expr, &Expr) -> Result<Expr, ExprError>, Box<[Asked; 2]>),
    By(Function, Box<Asked>, i64),
}

impl Asked {
    fn build(&self, leaf: &impl Fn(usize) -> Expr) -> Result<Expr, ExprError> {
        match self {
            Asked::Int(n) => Ok(Expr::int(*n)),
            Asked::Size(i) => Ok(leaf(*i)),
            Asked::Two(f, ab) => f(&ab[0].build(leaf)?, &ab[1].build(leaf)?),
            Asked::By(function, a, k) => Expr::apply(*function, vec![a.build(leaf)?, Expr::int(*k)]),
        }
    }
}

fn asked() -> impl Strategy<Value = Asked> {
    let leaf = prop_oneof![(-4i64..9).prop_map(Asked::Int), (0..3usize).prop_map(Asked::Size)];
    let max: fn(&Expr, &Expr) -> Result<Expr, ExprError> = |a, b| Expr::max_of([a.clone(), b.clone()]);
    let min: fn(&Expr, &Expr) -> Result<Expr, ExprError> = |a, b| Expr::min_of([a.clone(), b.clone()]);
    leaf.prop_recursive(4, 16, 2, move |inner| {
        let two = prop::sample::select(vec![Expr::try_add, Expr::try_sub, Expr::try_mul, max, min]);
        let by = prop::sample::select(vec![Function::FloorDiv, Function::PythonMod]);
        prop_oneof![
            5 => (two, inner.clone(), inner.clone()).prop_map(|(f, a, b)| Asked::Two(f, Box::new([a, b]))),
            2 => (by, inner, 1i64..7).prop_map(|(f, a, k)| Asked::By(f, Box::new(a), k)),
        ]
    })
}

fn op() -> impl Strategy<Value = RelOp> {
    prop_oneof![Just(RelOp::Eq), Just(RelOp::Ne), Just(RelOp::Lt), Just(RelOp::Le), Just(RelOp::Gt), Just(RelOp::Ge)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Specs that fit or do not, numbers at the ends of 64 bits: an answer or a typed error.
    #[test]
    fn no_spec_makes_the_inputs_panic(
        tensors in vec(vec((extreme(), spec()), 0..4), 1..4),
        questions in vec((asked(), op(), asked()), 0..4),
        tolerant in any::<bool>(),
    ) {
        let leaf = |(i, dims): (usize, &Vec<(i64, DimSpec)>)| InputLeaf {
            source: format!("L['x{i}']"),
            path: format!("['x{i}']"),
            name: format!("x{i}"),
            value: InputValue::tensor(dims.iter().map(|(n, _)| *n).collect::<Vec<_>>()),
            spec: ShapeSpec::dims(dims.iter().enumerate().map(|(i, (_, d))| (i as i64, d.clone()))),
        };
        let order: Vec<usize> = (0..tensors.len()).collect();
        let leaves = tensors.iter().enumerate().map(leaf).collect();
        let Ok(mut inputs) = SymbolicInputs::declare(leaves, &order, Naming::Hashed) else { return Ok(()) };
        let sizes: Vec<Expr> = order.iter().filter_map(|i| inputs.sizes(*i).ok()).flatten().collect();
        for (a, op, b) in questions.iter().filter(|_| !sizes.is_empty()) {
            let size = |i: usize| sizes[i % sizes.len()].clone();
            if let (Ok(a), Ok(b)) = (a.build(&size), b.build(&size)) {
                _ = inputs.env_mut().evaluate(&Rel::new(*op, a, b), "test");
            }
        }
        let tolerance = if tolerant { Tolerance::Specialize } else { Tolerance::Strict };
        match inputs.finish(tolerance) {
            Ok(solved) => _ = (solved.guards_code(), solved.ranges.to_string()),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}

fn extreme() -> impl Strategy<Value = i64> {
    prop_oneof![6 => 0i64..12, 1 => Just(i64::MAX), 1 => Just(i64::MIN), 1 => any::<i64>()]
}

fn spec() -> impl Strategy<Value = DimSpec> {
    let named = ("[a-c]", extreme(), proptest::option::of(extreme()), 1i64..4, extreme()).prop_map(
        |(name, min, max, mul, add)| {
            let Ok(dim) = Dim::with_range(&name, min, max) else { return Dim::auto().into() };
            match dim.affine(mul, add) {
                Ok(derived) if add % 2 == 0 => derived.into(),
                _ => dim.into(),
            }
        },
    );
    prop_oneof![
        1 => Just(DimSpec::None),
        1 => extreme().prop_map(DimSpec::Int),
        1 => Just(Dim::auto().into()),
        1 => Just(Dim::dynamic().into()),
        1 => Just(Dim::static_().into()),
        3 => named,
    ]
}
