//! Expressions at the edges of what they hold: reals as sympy prints them, long products, texts that are not expressions.
#![allow(clippy::expect_used, reason = "a test fails by a panic")]

use symbolic::{Expr, ExprError, Function, parse_srepr};

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

#[test]
fn arithmetic_that_has_no_value() {
    let (s, big) = (Expr::size("s0"), Expr::int(i64::MAX));
    assert!(matches!(big.try_add(&Expr::int(1)), Err(ExprError::Overflow { .. })));
    assert!(matches!(s.try_mul(&big).and_then(|e| e.try_mul(&big)), Err(ExprError::Overflow { .. })));
    assert!(matches!(s.try_pow(&Expr::int(-1)), Err(ExprError::NegativeExponent { .. })));
    assert!(matches!(s.floor_div(&Expr::int(0)), Err(ExprError::DivisionByZero { .. })));
    assert!(matches!(s.modulo(&Expr::int(0)), Err(ExprError::DivisionByZero { .. })));
    assert!(matches!(Expr::int(i64::MIN).floor_div(&Expr::int(-1)), Err(ExprError::Overflow { .. })));
    assert_eq!(s.eval(&|_| None), Err(ExprError::Unbound { symbol: "s0".into() }));
    assert_eq!(s.floor_div(&Expr::int(3)).and_then(|e| e.eval(&|_| Some(7))), Ok(2));
}

#[test]
fn texts_that_are_no_expression() {
    let refused = |text: &str| parse_srepr(text).expect_err(text).to_string();
    assert!(refused("__import__('os').system('ls')").contains("`__import__` is not in the grammar"));
    assert!(refused("Symbol('s0', positive=True)").contains("not an integer"));
    assert!(refused("Integer(9223372036854775808)").contains("is not a 64-bit integer"));
    assert!(refused("Add(Integer(1), Integer(2)) + 1").contains("text after the expression"));
    assert!(refused("FloorDiv(Integer(1))").contains("takes 2 arguments"));
    assert!(refused("FloorDiv(Integer(1), Integer(0))").contains("division by zero"));
    assert!(refused("Float('nan', precision=53)").contains("not finite"));
    assert!(refused(&"Add(".repeat(100_000)).contains("nested deeper than 128 levels"));
    assert!(refused("Symbol('s\\'0', integer=True)").contains("plain"));
    assert!(refused("").contains("at byte 0: expected `(`"), "{}", refused(""));
}
