//! Expressions of loaded programs: what PyTorch prints for each, and that writing gives back what was read.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use symbolic::{BoolExpr, Expr, Symbol, parse_srepr, parse_srepr_bool};

/// Texts with `S`, `T`, `U`, `Z` for symbols, and what sympy prints for them.
const EXPRESSIONS: &[(&str, &str)] = &[
    ("Mul(Rational(1, 2), S)", "s77/2"),
    ("Mul(Rational(3, 2), T, S)", "3*s27*s77/2"),
    ("Add(Mul(Rational(1, 2), S), Rational(1, 2))", "s77/2 + 1/2"),
    ("Add(Mul(Integer(2), S), Rational(-1, 2))", "2*s77 - 1/2"),
    ("Mul(Rational(1, 2), S, Add(S, Integer(-1)))", "s77*(s77 - 1)/2"),
    ("Rational(1, 2)", "1/2"),
    ("ModularIndexing(S, Integer(2), Integer(3))", "ModularIndexing(s77, 2, 3)"),
    ("Mul(S, ModularIndexing(U, Integer(3), Integer(4)))", "s77*(ModularIndexing(u0, 3, 4))"),
    ("Mul(S, PowByNatural(Integer(2), T))", "s77*(PowByNatural(2, s27))"),
    ("FloorDiv(S, PowByNatural(Integer(2), T))", "(s77//(PowByNatural(2, s27)))"),
    ("Pow(PowByNatural(S, T), Integer(2))", "(PowByNatural(s77, s27))**2"),
    ("FloatTrueDiv(ToFloat(S), Float('2.0', precision=53))", "FloatTrueDiv(ToFloat(s77), 2.0)"),
    ("FloatPow(ToFloat(S), Float('-0.5', precision=53))", "FloatPow(ToFloat(s77), -0.5)"),
    ("TruncToFloat(Mul(Float('0.5', precision=53), ToFloat(S)))", "TruncToFloat(0.5*ToFloat(s77))"),
    ("RoundDecimal(ToFloat(S), Integer(2))", "RoundDecimal(ToFloat(s77), 2)"),
    ("Mul(Integer(2), Identity(S))", "2*((s77))"),
    ("OpaqueUnaryFn_sqrt(ToFloat(S))", "OpaqueUnaryFn_sqrt(ToFloat(s77))"),
    ("Mul(S, OpaqueUnaryFn_sqrt(Z))", "s77*OpaqueUnaryFn_sqrt(zuf0)"),
    ("Abs(U)", "Abs(u0)"),
    ("Add(Z, Float('1.5', precision=53))", "zuf0 + 1.5"),
    ("Add(S, Z)", "s77 + zuf0"),
    ("Add(Mul(Float('0.5', precision=53), Z), Float('-1.0', precision=53))", "0.5*zuf0 - 1.0"),
    ("Mul(Float('0.33333333333333331', precision=53), ToFloat(S))", "0.333333333333333*ToFloat(s77)"),
    ("Mul(Float('0.10000000000000001', precision=53), ToFloat(S))", "0.1*ToFloat(s77)"),
    ("Mul(Float('1.0000000000000001e-5', precision=53), ToFloat(S))", "1.0e-5*ToFloat(s77)"),
    (
        "Piecewise(ExprCondPair(S, StrictLessThan(T, S)), ExprCondPair(T, true))",
        "Piecewise((s77, s27 < s77), (s27, True))",
    ),
    (
        "Add(Piecewise(ExprCondPair(S, LessThan(S, Integer(5))), ExprCondPair(T, true)), Integer(1))",
        "Piecewise((s77, s77 <= 5), (s27, True)) + 1",
    ),
    (
        "Mul(Integer(2), Piecewise(ExprCondPair(S, LessThan(S, Integer(5))), ExprCondPair(T, true)))",
        "2*Piecewise((s77, s77 <= 5), (s27, True))",
    ),
    (
        "Max(S, Piecewise(ExprCondPair(S, Equality(S, Integer(5))), ExprCondPair(T, true)))",
        "Max(s77, Piecewise((s77, Eq(s77, 5)), (s27, True)))",
    ),
];

const CONDITIONS: &[(&str, &str)] = &[
    ("true", "True"),
    ("Equality(U, Integer(1))", "Eq(u0, 1)"),
    ("Equality(Z, Float('1.0', precision=53))", "Eq(zuf0, 1.0)"),
    ("And(StrictGreaterThan(U, Integer(2)), StrictLessThan(S, T))", "(u0 > 2) & (s77 < s27)"),
    ("Or(StrictLessThan(S, T), Unequality(U, Integer(2)))", "(s77 < s27) | Ne(u0, 2)"),
    (
        "And(Equality(U, Integer(2)), Or(StrictLessThan(S, T), StrictLessThan(U, T)))",
        "Eq(u0, 2) & ((s77 < s27) | (u0 < s27))",
    ),
    ("Not(And(Equality(U, Integer(2)), StrictLessThan(S, T)))", "~(Eq(u0, 2) & (s77 < s27))"),
];

fn written(short: &str) -> String {
    let mut text = String::new();
    let mut previous = ' ';
    for (i, c) in short.char_indices() {
        let alone = !previous.is_alphanumeric() && !short[i + 1..].starts_with(|c: char| c.is_alphanumeric());
        match c {
            'S' if alone => text.push_str("Symbol('s77', positive=True, integer=True)"),
            'T' if alone => text.push_str("Symbol('s27', positive=True, integer=True)"),
            'U' if alone => text.push_str("Symbol('u0', integer=True)"),
            'Z' if alone => text.push_str("Symbol('zuf0')"),
            _ => text.push(c),
        }
        previous = c;
    }
    text
}

#[test]
fn expressions_print_as_in_sympy_and_are_written_as_they_were_read() {
    for (short, printed) in EXPRESSIONS {
        let text = written(short);
        let expr = parse_srepr(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(expr.to_string(), *printed, "{text}");
        assert_eq!(expr.srepr(), text);
    }
}

#[test]
fn conditions_print_as_in_sympy_and_are_written_as_they_were_read() {
    for (short, printed) in CONDITIONS {
        let text = written(short);
        let condition = parse_srepr_bool(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(condition.to_string(), *printed, "{text}");
        assert_eq!(condition.srepr(), text);
    }
}

#[test]
fn functions_that_torch_computes_at_once_are_computed() {
    for (short, printed) in [
        ("CeilDiv(S, Integer(2))", "((s77 + 1)//2)"),
        ("CleanDiv(S, Integer(2))", "(s77//2)"),
        ("LShift(S, Integer(2))", "4*s77"),
        ("RShift(S, Integer(2))", "(s77//4)"),
        ("PowByNatural(S, Integer(3))", "s77**3"),
        ("Mul(Rational(1, 2), Add(S, Integer(1)))", "s77/2 + 1/2"),
        ("Mul(Rational(2, 4), Integer(6), S)", "3*s77"),
        ("Piecewise(ExprCondPair(S, Equality(Integer(1), Integer(2))), ExprCondPair(T, true))", "s27"),
    ] {
        assert_eq!(parse_srepr(&written(short)).unwrap().to_string(), printed, "{short}");
    }
}

#[test]
fn what_is_outside_of_the_grammar_is_refused() {
    for (text, reason) in [
        ("Foo(Integer(1))", "`Foo` is not in the grammar"),
        ("Function('exec')(Integer(1))", "not in the grammar"),
        ("Rational(1, 0)", "division by zero"),
        ("Pow(Integer(2), Integer(-1))", "negative exponent"),
        ("Pow(Symbol('s0', positive=True, integer=True), Rational(1, 2))", "is not an integer"),
        ("Symbol('s0', positive=True)", "positive and not an integer"),
        ("FloorDiv(Integer(1))", "takes 2 arguments"),
        ("Piecewise(ExprCondPair(Integer(1), false))", "no case"),
        ("__import__('os')", "not in the grammar"),
    ] {
        let error = parse_srepr(text).unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
    assert!(parse_srepr_bool("Integer(1)").unwrap_err().to_string().contains("not a condition"));
    assert!(parse_srepr_bool("And(true)").unwrap_err().to_string().contains("at least two"));
}

#[test]
fn choices_and_conditions_have_values() {
    let text = written("Piecewise(ExprCondPair(S, LessThan(S, Integer(5))), ExprCondPair(T, true))");
    let expr = parse_srepr(&text).unwrap();
    let at = |s: i64, t: i64| move |symbol: &Symbol| Some(if symbol.name() == "s77" { s } else { t });
    assert_eq!(expr.eval(&at(4, 9)).unwrap(), 4);
    assert_eq!(expr.eval(&at(6, 9)).unwrap(), 9);
    assert_eq!(expr.free_symbols().len(), 2);
    let both = parse_srepr_bool(&written("And(StrictGreaterThan(S, Integer(2)), StrictLessThan(S, T))")).unwrap();
    assert!(both.eval(&at(3, 4)).unwrap() && !both.eval(&at(3, 3)).unwrap());
    assert_eq!(BoolExpr::Const(true).decided(), Some(true));
    let half = parse_srepr(&written("Mul(Rational(1, 2), S)")).unwrap();
    assert_eq!(half.eval(&at(6, 1)).unwrap(), 3);
    assert!(half.eval(&at(5, 1)).is_err(), "5/2 is not an integer");
    assert_eq!(Expr::fraction(4, 2).unwrap(), Expr::int(2));
}
