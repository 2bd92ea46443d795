//! What is refused, and in which words.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use shapes::rules::{ArgValue, Args, RuleError, rule};
use shapes::{ConstraintError, Dim, DimSpec, InputLeaf, InputValue, ShapeSpec, SymbolicInputs, Tolerance};
use symbolic::{Expr, Naming, ShapeEnv};

fn leaf(name: &str, sizes: &[i64], spec: ShapeSpec) -> InputLeaf {
    InputLeaf {
        source: format!("L['{name}']"),
        path: format!("['{name}']"),
        name: name.to_owned(),
        value: InputValue::tensor(sizes),
        spec,
    }
}

fn refused(leaves: Vec<InputLeaf>) -> String {
    let order: Vec<usize> = (0..leaves.len()).collect();
    let declared = SymbolicInputs::declare(leaves, &order, Naming::Hashed);
    match declared.and_then(|inputs| inputs.finish(Tolerance::Strict)) {
        Ok(_) => panic!("accepted"),
        Err(e) => e.to_string(),
    }
}

fn on<D: Into<DimSpec>>(dim: i64, spec: D) -> ShapeSpec {
    ShapeSpec::dims([(dim, spec)])
}

#[test]
fn specs_that_do_not_fit_the_inputs() -> Result<(), Box<dyn std::error::Error>> {
    let (b, wide) = (Dim::new("b")?, Dim::new("b")?.at_least(3)?);
    let dx = Dim::new("dx")?;
    assert_eq!(
        refused(vec![leaf("x", &[5], on(0, &b)), leaf("y", &[5], on(0, &wide))]),
        "Found different definitions Dim('b', min=0) and Dim('b', min=3) for the same symbolic dimension Dim('b', min=3)!"
    );
    assert_eq!(
        refused(vec![leaf("x", &[7], on(0, dx.affine(2, 0)?))]),
        "Expected shape[0] = 7 of input Tensor to be of the form 2*dx, where dx is an integer"
    );
    assert_eq!(
        refused(vec![leaf("x", &[5], on(0, 4))]),
        "Static shape constraint of 4 does not match input size of 5, for L['x'].size()[0]"
    );
    assert_eq!(
        refused(vec![leaf("x", &[12], on(0, Dim::with_range("n", 0, Some(10))?))]),
        "12 not in range [2, 10], for L['x'].size()[0]; give an example inside, or another `min` or `max`"
    );
    assert_eq!(
        refused(vec![leaf("x", &[4], on(0, Dim::with_range("n", 5, None)?))]),
        "4 not in range [5, int_oo], for L['x'].size()[0]; give an example inside, or another `min` or `max`"
    );
    assert_eq!(
        refused(vec![leaf("x", &[5], on(0, &b)), leaf("y", &[4], on(0, &b))]),
        "L['y'].size()[0] = 4 is not equal to L['x'].size()[0] = 5"
    );
    assert_eq!(
        refused(vec![leaf("x", &[5], on(0, &dx)), leaf("y", &[7], on(0, dx.affine(1, 1)?))]),
        "Expected input L['y'].size()[0] to be equal to dx + 1, where dx = 5, but got 7"
    );
    assert_eq!(
        refused(vec![leaf("x", &[5, 6], ShapeSpec::List(vec![Dim::dynamic().into()]))]),
        "Expected dynamic shape spec [DimHint(DYNAMIC)] specified at `dynamic_shapes['x']` to have the same length as \
         the actual tensor shape torch.Size([5, 6]) (expected 2, but got 1 instead)"
    );
    assert_eq!(
        refused(vec![leaf("x", &[5], on(1, Dim::dynamic()))]),
        "`dynamic_shapes['x']` describes dimension 1, but the tensor at `inputs['x']` has rank 1; dimensions are counted from 0"
    );
    assert_eq!(
        refused(vec![leaf("x", &[5], on(0, DimSpec::Text("batch".into())))]),
        "Unexpected dimension mapped to index 0 in input tensor shape {0: 'batch'} specified at `dynamic_shapes['x']` \
         (expected None, an int, a Dim, Dim.AUTO, Dim.STATIC, or Dim.DYNAMIC,  but got 'batch' instead)"
    );
    let item = ShapeSpec::Tuple(vec![DimSpec::None, DimSpec::Text("batch".into())]);
    assert_eq!(
        refused(vec![leaf("x", &[5, 6], item)]),
        "Unexpected dimension #1 in input tensor shape (None, 'batch') specified at `dynamic_shapes['x']` (expected None, \
         an int, a Dim, Dim.AUTO, Dim.STATIC, or Dim.DYNAMIC, but got 'batch' instead)"
    );
    assert_eq!(
        refused(vec![leaf("x", &[5], ShapeSpec::Scalar(DimSpec::Text("batch".into())))]),
        "Unexpected input tensor shape batch specified at `dynamic_shapes['x']` (expected either a list/tuple of \
         dimensions, or a dict mapping indices to dimensions, where each dimension is an int, a Dim, Dim.AUTO, \
         Dim.STATIC, or Dim.DYNAMIC)"
    );
    let (near, far) = (Dim::with_range("a", 2, Some(9))?, Dim::with_range("a", 3, None)?);
    assert_eq!(
        refused(vec![leaf("x", &[6], on(0, near.affine(2, 0)?)), leaf("y", &[6], on(0, far.affine(2, 0)?))]),
        "Found different definitions Dim('2*a', min=4, max=18) and Dim('2*a', min=6) for the same symbolic dimension 2*a!"
    );
    // The first mistake in the order of the spec is reported, of whichever kind.
    let text = || on(0, DimSpec::Text("s".into()));
    let message = refused(vec![leaf("x", &[5], on(0, &near)), leaf("y", &[5], on(0, &far)), leaf("z", &[5], text())]);
    assert!(message.starts_with("Found different definitions"), "{message}");
    let message = refused(vec![leaf("x", &[5], on(0, &near)), leaf("y", &[5], text()), leaf("z", &[5], on(0, &far))]);
    assert!(message.starts_with("Unexpected dimension mapped"), "{message}");
    let mut float = leaf("n", &[], ShapeSpec::Scalar(Dim::dynamic().into()));
    float.value = InputValue::Other { class: "<class 'float'>".into() };
    assert_eq!(
        refused(vec![float]),
        "Cannot associate shape DimHint(DYNAMIC) specified at `dynamic_shapes['n']` to non-tensor type <class 'float'> \
         at `inputs['n']` (expected None)"
    );
    let mut int = leaf("n", &[], ShapeSpec::Scalar((&b).into()));
    int.value = InputValue::Int(3);
    assert_eq!(
        refused(vec![int]),
        "Unable to specify input integers as dynamic through named Dims. Please use Dim.AUTO/DYNAMIC instead."
    );
    let mut int = leaf("n", &[], on(0, Dim::dynamic()));
    int.value = InputValue::Int(3);
    assert_eq!(
        refused(vec![int]),
        "expected dynamic_shape to be None, int, or _DimHint for _IntWrapper, got <class 'dict'> at `dynamic_shapes['n']`; \
         give None or a hint for an int input"
    );
    Ok(())
}

#[test]
fn specialisation_may_be_tolerated() -> Result<(), Box<dyn std::error::Error>> {
    let batch = Dim::new("batch")?;
    let declare = || {
        let leaves = vec![leaf("x", &[4, 3], on(0, &batch)), leaf("y", &[4, 3], on(0, &batch))];
        let mut inputs = SymbolicInputs::declare(leaves, &[0, 1], Naming::Hashed)?;
        let size = inputs.sizes(0)?[0].clone();
        inputs.env_mut().specialize(&size, "aten.len")?;
        Ok::<_, ConstraintError>(inputs)
    };
    let violation = match declare()?.finish(Tolerance::Strict) {
        Err(ConstraintError::Violated(violation)) => violation,
        other => panic!("{other:?}"),
    };
    assert_eq!(violation.bullets.len(), 2);
    assert_eq!(violation.suggested_fixes, ["batch = 4"]);
    let solved = declare()?.finish(Tolerance::Specialize)?;
    assert_eq!(solved.placeholders[1].to_string(), "y: [4, 3]");
    assert_eq!(solved.ranges.to_string(), "{}");
    assert_eq!(solved.tolerated, Some(violation));
    Ok(())
}

#[test]
fn operators_that_cannot_run() -> Result<(), Box<dyn std::error::Error>> {
    let mut env = ShapeEnv::new(Naming::Hashed);
    let mut size = |name: &str, n| env.create_size(&format!("L['{name}'].size()[0]"), n, None);
    let (x, y) = (size("x", 5)?, size("y", 4)?);
    let mut refused = |op: &str, args: Vec<(&str, ArgValue)>| {
        let rule = rule(op).unwrap_or_else(|| panic!("{op} has no rule"));
        rule.apply(&Args::new(args), &mut env).expect_err(op)
    };
    let tensor = |sizes: Vec<Expr>| ArgValue::Tensor(sizes);
    let add = refused("aten.add.Tensor", vec![("self", tensor(vec![x.clone()])), ("other", tensor(vec![y.clone()]))]);
    assert_eq!(
        add.to_string(),
        "aten.add.Tensor: the sizes [s77] and [s17] do not broadcast: s77 and s17 differ at dimension 0 and neither is 1"
    );
    let mm = refused(
        "aten.mm.default",
        vec![("self", tensor(vec![Expr::int(2), x.clone()])), ("mat2", tensor(vec![y, Expr::int(3)]))],
    );
    assert_eq!(mm.to_string(), "aten.mm.default: the inner dimensions do not fit: s77 and s17 differ");
    let dim = refused(
        "aten.unsqueeze.default",
        vec![("self", tensor(vec![x.clone()])), ("dim", ArgValue::Int(Expr::int(7)))],
    );
    assert!(matches!(dim, RuleError::Dim { dim: 7, rank: 2, .. }));
    let none = refused("aten.relu.default", vec![]);
    assert!(matches!(none, RuleError::Missing { name: "self", .. }));
    let kind = refused("aten.select.int", vec![("self", tensor(vec![x.clone()])), ("index", tensor(vec![x.clone()]))]);
    assert!(matches!(kind, RuleError::Kind { name: "index", .. }));
    let view = refused(
        "aten.view.default",
        vec![("self", tensor(vec![x])), ("size", ArgValue::Ints(vec![Expr::int(2), Expr::int(-1)]))],
    );
    assert!(view.to_string().starts_with("aten.view.default: shape [2, -1] is invalid for a tensor of sizes [s77]"));
    Ok(())
}

#[test]
fn a_range_without_a_size_says_what_must_hold() {
    for (min, max) in [(3, 3), (8, 2), (0, -1)] {
        let text = Dim::with_range("b", min, Some(max)).expect_err("no size is left").to_string();
        assert_eq!(text, format!("Cannot create Dim with inconsistent min={min}, max={max}; max must exceed min"));
    }
    let text = Dim::dynamic().bounded(Some(8), Some(2)).expect_err("no size is left").to_string();
    assert_eq!(text, "min must be <= max, got min=8, max=2");
}

/// A message says nothing of what only Python has, and names what fixed the size.
#[test]
fn a_constant_names_the_operator_and_the_other_size() {
    let fixed = |leaves: Vec<InputLeaf>, equal: (usize, usize)| {
        let order: Vec<usize> = (0..leaves.len()).collect();
        let mut inputs = SymbolicInputs::declare(leaves, &order, Naming::Hashed).expect("the spec fits");
        let (a, b) =
            (inputs.sizes(equal.0).expect("sizes")[0].clone(), inputs.sizes(equal.1).expect("sizes")[0].clone());
        assert!(inputs.env_mut().guard_eq(&a, &b, "aten.add.Tensor").expect("they agree"));
        match inputs.finish(Tolerance::Strict) {
            Ok(_) => panic!("accepted"),
            Err(error) => (error.to_string(), error.pytorch()),
        }
    };
    let batch = Dim::new("batch").expect("a name");
    let (own, torch) = fixed(vec![leaf("x", &[4], on(0, &batch)), leaf("y", &[4], ShapeSpec::None)], (0, 1));
    assert_eq!(
        own,
        "Constraints violated (batch)!\n  - You marked batch as dynamic but your code specialized it to be a constant (4). \
         Demanded by `aten.add.Tensor`. L['y'].size()[0] is static in the spec and has this size: if the two belong \
         together, make it dynamic too. Otherwise make the dimension static (`Dim::static_()`), or let the export decide \
         (`Dim::auto()`).\nSuggested fixes:\n  batch = 4"
    );
    for python in ["TORCH_LOGS", "mark_dynamic"] {
        assert!(torch.contains(python) && !own.contains(python), "{own}");
    }
    // Which of them belongs to it is not known.
    let others = |sizes: &[i64], text: &str| {
        let leaves = vec![leaf("x", &[4], on(0, &batch)), leaf("y", sizes, ShapeSpec::None)];
        let (own, _) = fixed(leaves, (0, 1));
        assert!(own.contains(text), "{own}");
    };
    others(&[4, 4], " L['y'].size()[0] and L['y'].size()[1] are static in the spec and have this size: if one of them");
    others(&[4, 4, 3, 4], " L['y'].size()[0] and 2 other dimensions are static in the spec and have this size");
    let (own, _) =
        fixed(vec![leaf("x", &[4], on(0, &batch)), leaf("y", &[4], on(0, Dim::new("b").expect("a name")))], (0, 1));
    assert!(own.contains("must always be equal. Demanded by `aten.add.Tensor`."), "{own}");
}

#[test]
fn an_example_of_size_zero_or_one_says_to_take_another() {
    let cure = "PyTorch takes a size of 0 or 1 in an example as a constant: give an example of size 2 or more.";
    for size in [0, 1] {
        for spec in [on(0, Dim::dynamic()), on(0, Dim::new("n").expect("a name"))] {
            let text = refused(vec![leaf("x", &[size], spec)]);
            assert!(text.contains(cure), "{text}");
        }
    }
}
