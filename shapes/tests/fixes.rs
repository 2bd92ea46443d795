//! Suggestions where torch 2.13 fails or suggests what no spec can say.
#![allow(clippy::panic, reason = "a test fails by a panic")]

use shapes::{
    ConstraintError, ConstraintViolation, Dim, DimSpec, Fixes, InputLeaf, InputValue, ShapeSpec, SymbolicInputs,
    Tolerance,
};
use symbolic::{Expr, Naming, Rel, RelOp};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn leaf(name: &str, size: i64, dim: impl Into<DimSpec>) -> InputLeaf {
    InputLeaf {
        source: format!("L['{name}']"),
        path: format!("['{name}']"),
        name: name.to_owned(),
        value: InputValue::tensor([size]),
        spec: ShapeSpec::dims([(0, dim.into())]),
    }
}

/// The violation of a program that asks this.
fn violation(leaves: Vec<InputLeaf>, ask: impl Fn(&[Expr]) -> Result<Vec<Rel>>) -> Result<ConstraintViolation> {
    let order: Vec<usize> = (0..leaves.len()).collect();
    let mut inputs = SymbolicInputs::declare(leaves, &order, Naming::Hashed)?;
    let sizes: Vec<Expr> = order.iter().flat_map(|i| inputs.sizes(*i)).flatten().collect();
    for rel in ask(&sizes)? {
        inputs.env_mut().evaluate(&rel, "program")?;
    }
    match inputs.finish(Tolerance::Strict) {
        Err(ConstraintError::Violated(violation)) => Ok(violation),
        other => panic!("no violation: {other:?}"),
    }
}

#[test]
fn a_bound_that_is_a_fraction() -> Result<()> {
    let n = Dim::new("n")?;
    let ask = |s: &[Expr]| Ok(vec![Rel::new(RelOp::Le, s[0].try_mul(&Expr::int(2))?, Expr::int(15))]);
    assert_eq!(violation(vec![leaf("x", 6, n)], ask)?.suggested_fixes, ["n = Dim('n', max=7)"]);
    Ok(())
}

#[test]
fn a_root_of_one_value() -> Result<()> {
    let b = Dim::with_range("b", 2, Some(8))?;
    let ask = |s: &[Expr]| Ok(vec![Rel::eq(s[0].modulo(&Expr::int(6))?, Expr::int(0))]);
    assert_eq!(violation(vec![leaf("x", 6, b)], ask)?.suggested_fixes, ["b = 6"]);
    Ok(())
}

#[test]
fn names_that_sympy_reads_as_numbers() -> Result<()> {
    let leaves = vec![leaf("x", 6, Dim::new("E")?), leaf("y", 12, Dim::new("b")?)];
    let ask = |s: &[Expr]| Ok(vec![Rel::eq(s[1].clone(), s[0].try_mul(&Expr::int(2))?)]);
    assert_eq!(violation(leaves, ask)?.suggested_fixes, ["b = 2*E"]);
    Ok(())
}

#[test]
fn a_root_seen_only_through_a_derived_dim() -> Result<()> {
    let d = Dim::with_range("d", 3, None)?;
    let leaves = vec![leaf("x", 5, d.affine(1, -1)?), leaf("y", 12, d.affine(2, 0)?)];
    let ask = |s: &[Expr]| Ok(vec![Rel::new(RelOp::Gt, s[0].clone(), Expr::int(3))]);
    assert_eq!(violation(leaves, ask)?.suggested_fixes, ["d = Dim('d', min=5)"]);
    Ok(())
}

#[test]
fn an_exact_quotient() -> Result<()> {
    let two = Expr::int(2);
    let ask = |s: &[Expr]| {
        let (rest, quotient) = (s[0].modulo(&two)?, s[0].floor_div(&two)?);
        Ok(vec![Rel::eq(rest, Expr::int(0)), Rel::eq(quotient, Expr::int(3))])
    };
    let violation = violation(vec![leaf("x", 6, Dim::new("b")?)], ask)?;
    assert_eq!(violation.suggested_fixes, ["b = 6"]);
    assert_eq!(violation.compatible_fixes, ["_b = Dim('_b', min=1, max=oo)", "b = 2*_b"]);
    Ok(())
}

#[test]
fn the_message_shows_one_kind_or_the_other() -> Result<()> {
    let ask = |s: &[Expr]| Ok(vec![Rel::new(RelOp::Le, s[0].try_mul(&s[0])?, Expr::int(50))]);
    let violation = violation(vec![leaf("x", 5, Dim::new("b")?)], ask)?;
    let ends = |text: &str, fix: &str| text.ends_with(&format!("\nSuggested fixes:\n  {fix}"));
    assert!(ends(&violation.to_string(), "b = Dim('b', max=7)"));
    assert!(ends(&violation.message(Fixes::Correct), "b = Dim('b', max=7)"));
    assert!(ends(&violation.message(Fixes::Compatible), "b*b = Dim('b*b', max=50)"));
    Ok(())
}

/// `a*(b//3) == 5*(b//3)` at `b = 2` says `0 == 0`, not `a == 5`.
#[test]
fn nothing_follows_from_a_factor_of_zero() -> Result<()> {
    let leaves = vec![leaf("x", 7, Dim::dynamic()), leaf("y", 2, Dim::dynamic())];
    let mut inputs = SymbolicInputs::declare(leaves, &[0, 1], Naming::Hashed)?;
    let (a, b) = (inputs.sizes(0)?[0].clone(), inputs.sizes(1)?[0].clone());
    let third = b.floor_div(&Expr::int(3))?;
    let rel = Rel::eq(a.try_mul(&third)?, third.try_mul(&Expr::int(5))?);
    assert!(inputs.env_mut().evaluate(&rel, "program")?);
    let solved = inputs.finish(Tolerance::Strict)?;
    assert_eq!(solved.placeholders[0].to_string(), "x: [s77]");
    assert_eq!(solved.guards_code().len(), 1);
    Ok(())
}

/// Remainders by numbers that nobody could try one by one.
#[test]
fn congruences_of_large_numbers_are_solved() -> Result<()> {
    let (p, q) = (1_000_000_007_i64, 998_244_353_i64);
    let size = p * 3 + 5;
    let ask = |s: &[Expr]| {
        let rest = |k: i64| s[0].modulo(&Expr::int(k)).map(|rest| Rel::eq(rest, Expr::int(size % k)));
        Ok(vec![rest(p)?, rest(q)?])
    };
    let fixes = violation(vec![leaf("x", size, Dim::new("n")?)], ask)?.suggested_fixes.join("\n");
    let product = i128::from(p) * i128::from(q);
    let shift = product - i128::from(size);
    assert_eq!(fixes, format!("_n = Dim('_n', min=1, max=oo)\nn = {product}*_n - {shift}"));
    Ok(())
}
