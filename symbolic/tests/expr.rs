//! Expressions at the edges of what they hold: reals as sympy prints them, products and remainders too large to try out.
#![allow(clippy::expect_used, reason = "a test fails by a panic")]

use shapes::{
    ConstraintError, Dim, Expr, Function, InputLeaf, InputValue, Naming, ShapeSpec, SymbolicInputs, Tolerance,
};

/// What sympy 1.14 prints for `TruncToInt(x*ToFloat(s))`.
#[test]
fn reals_have_fifteen_digits() {
    for (x, text) in [
        (0.5, "0.5"),
        (1.0 / 3.0, "0.333333333333333"),
        (2.0 / 3.0, "0.666666666666667"),
        (2.0, "2.0"),
        (1e-6, "1.0e-6"),
        (1e-5, "1.0e-5"),
        (1.5e-5, "1.5e-5"),
        (0.000_123_456_789_012_345_68, "0.000123456789012346"),
        (123_456.789, "123456.789"),
        (1e14, "100000000000000.0"),
        (1e15, "1.0e+15"),
        (999_999_999_999_999.9, "1.0e+15"),
        (1.5e300, "1.5e+300"),
        (0.1 + 0.2, "0.3"),
        (1_234_567_890.123_456_7, "1234567890.12346"),
        (-0.25, "-0.25"),
    ] {
        let size = Expr::apply(Function::ToFloat, vec![Expr::size("s0")]).expect("a real");
        let scaled = Expr::real(x).try_mul(&size).expect("a product");
        let e = Expr::apply(Function::TruncToInt, vec![scaled]).expect("an integer");
        assert_eq!(e.to_string(), format!("TruncToInt({text}*ToFloat(s0))"));
    }
}

#[test]
fn a_product_of_many_sums_is_not_written_out() {
    let sum = |i: i32| Expr::size(&format!("a{i}")).try_add(&Expr::size(&format!("b{i}")));
    let wide = Expr::product((0..40).map(|i| sum(i).expect("a sum"))).expect("a product");
    let value = |e: &Expr| e.eval(&|_| Some(1));
    assert_eq!(value(&wide.expand().expect("an expression")), value(&wide));
}

/// Remainders by numbers that nobody could try one by one.
#[test]
fn congruences_of_large_numbers_are_solved() {
    let (p, q) = (1_000_000_007_i64, 998_244_353_i64);
    let size = p * 3 + 5;
    let leaf = InputLeaf {
        source: "L['x']".to_owned(),
        path: "['x']".to_owned(),
        name: "x".to_owned(),
        value: InputValue::tensor([size]),
        spec: ShapeSpec::dims([(0, Dim::new("n").expect("a name"))]),
    };
    let mut inputs = SymbolicInputs::declare(vec![leaf], &[0], Naming::Hashed).expect("a size");
    let n = inputs.sizes(0).expect("sizes")[0].clone();
    for k in [p, q] {
        let rest = n.modulo(&Expr::int(k)).expect("a remainder");
        assert!(inputs.env_mut().guard_eq(&rest, &Expr::int(size % k), "test").expect("a guard"));
    }
    let Err(ConstraintError::Violated(violation)) = inputs.finish(Tolerance::Strict) else {
        unreachable!("the spec allows any size")
    };
    let fixes = violation.suggested_fixes.join("\n");
    let product = i128::from(p) * i128::from(q);
    let shift = product - i128::from(size);
    assert_eq!(fixes, format!("_n = Dim('_n', min=1, max=oo)\nn = {product}*_n - {shift}"));
}
