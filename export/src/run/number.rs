//! Arithmetic on numbers in a graph, with the results of Python.

use program::PythonFunction;
use pytree_core::{Leaf, Tch, python};
use std::cmp::Ordering;
use std::fmt;
use symbolic::arith::{floor_div, true_div};

/// A number that a node computes (`int`, `float`, `bool`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
    Bool(bool),
}

/// Why an operation has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoResult {
    /// It has none for these operands.
    Undefined(&'static str),
    /// It does not take operands of this kind or number.
    Operands,
}

const BY_ZERO: NoResult = NoResult::Undefined("division by zero");
const OVERFLOW: NoResult = NoResult::Undefined("the result is not an integer of 64 bits");

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Int(v) => v.fmt(f),
            Number::Float(v) => python::Float(*v).fmt(f),
            Number::Bool(v) => f.write_str(python::bool(*v)),
        }
    }
}

impl From<Number> for Leaf<Tch> {
    fn from(number: Number) -> Self {
        match number {
            Number::Int(v) => Leaf::Int(v),
            Number::Float(v) => Leaf::Float(v),
            Number::Bool(v) => Leaf::Bool(v),
        }
    }
}

impl Number {
    /// Whether the numbers are equal (`==`).
    pub(super) fn equals(self, other: Number) -> bool {
        compare(self, other) == Some(Ordering::Equal)
    }

    /// Whether a text of it begins with a minus sign.
    pub(super) fn is_negative(self) -> bool {
        match self {
            Number::Int(v) => v < 0,
            Number::Float(v) => v.is_sign_negative(),
            Number::Bool(_) => false,
        }
    }

    /// Whether it is not zero (`bool(x)`).
    pub(super) fn is_true(self) -> bool {
        match self {
            Number::Int(v) => v != 0,
            Number::Float(v) => v != 0.0,
            Number::Bool(v) => v,
        }
    }

    /// A bool counts as 0 or 1.
    fn counted(self) -> Number {
        match self {
            Number::Bool(v) => Number::Int(v.into()),
            number => number,
        }
    }

    /// The nearest float (`float(x)`).
    pub(super) fn to_float(self) -> f64 {
        match self.counted() {
            Number::Int(v) => v as f64,
            Number::Float(v) => v,
            Number::Bool(v) => f64::from(u8::from(v)),
        }
    }
}

/// The result of a function.
pub(super) fn apply(function: PythonFunction, operands: &[Number]) -> Result<Number, NoResult> {
    use PythonFunction as P;
    match (function, operands) {
        (P::IfElse, [condition, yes, no]) => Ok(if condition.is_true() { *yes } else { *no }),
        (P::Not, [a]) => Ok(Number::Bool(!a.is_true())),
        (P::Float, [a]) => Ok(Number::Float(a.to_float())),
        (P::Pos, [a]) => Ok(a.counted()),
        (P::Neg, [a]) => match a.counted() {
            Number::Int(v) => v.checked_neg().map(Number::Int).ok_or(OVERFLOW),
            other => Ok(Number::Float(-other.to_float())),
        },
        (P::Sqrt, [a]) => match a.to_float() {
            v if v < 0.0 => Err(NoResult::Undefined("the root of a negative number")),
            v => Ok(Number::Float(v.sqrt())),
        },
        (P::Trunc | P::Int, [a]) => match a.counted() {
            Number::Float(v) => whole(v.trunc()),
            int => Ok(int),
        },
        (P::Eq | P::Ne | P::Lt | P::Le | P::Gt | P::Ge, [a, b]) => Ok(Number::Bool(compares(function, *a, *b))),
        // Python returns the first of two equal numbers.
        (P::Max, [a, b]) => Ok(if compare(*b, *a) == Some(Ordering::Greater) { *b } else { *a }),
        (P::Min, [a, b]) => Ok(if compare(*b, *a) == Some(Ordering::Less) { *b } else { *a }),
        // Of two bools these give a bool.
        (P::And, [Number::Bool(a), Number::Bool(b)]) => Ok(Number::Bool(*a && *b)),
        (P::Or, [Number::Bool(a), Number::Bool(b)]) => Ok(Number::Bool(*a || *b)),
        (_, [a, b]) => match (a.counted(), b.counted()) {
            (Number::Int(a), Number::Int(b)) => integers(function, a, b),
            (a, b) => floats(function, a.to_float(), b.to_float()),
        },
        _ => Err(NoResult::Operands),
    }
}

fn integers(function: PythonFunction, a: i64, b: i64) -> Result<Number, NoResult> {
    // Operands of 64 bits cannot overflow 128.
    let floor = || floor_div(a.into(), b.into());
    let result = match function {
        PythonFunction::Add => a.checked_add(b),
        PythonFunction::Sub => a.checked_sub(b),
        PythonFunction::Mul => a.checked_mul(b),
        PythonFunction::FloorDiv | PythonFunction::Mod | PythonFunction::TrueDiv if b == 0 => return Err(BY_ZERO),
        PythonFunction::FloorDiv => i64::try_from(floor()).ok(),
        PythonFunction::Mod => i64::try_from(i128::from(a) - floor() * i128::from(b)).ok(),
        PythonFunction::TrueDiv => return Ok(Number::Float(true_div(a, b))),
        PythonFunction::Pow if b < 0 => return floats(function, a as f64, b as f64),
        PythonFunction::Pow => power(a, b),
        PythonFunction::And => Some(a & b),
        PythonFunction::Or => Some(a | b),
        PythonFunction::LeftShift | PythonFunction::RightShift if b < 0 => {
            return Err(NoResult::Undefined("negative shift count"));
        }
        PythonFunction::LeftShift if a == 0 => Some(0),
        PythonFunction::LeftShift => u32::try_from(b).ok().filter(|b| *b < 63).and_then(|b| a.checked_mul(1 << b)),
        // What is shifted out is gone: beyond the last bit only the sign is left.
        PythonFunction::RightShift => Some(a >> b.min(63)),
        _ => return Err(NoResult::Operands),
    };
    result.map(Number::Int).ok_or(OVERFLOW)
}

/// `a ** b` for an exponent that is not negative.
fn power(a: i64, b: i64) -> Option<i64> {
    match a {
        0 | 1 if b > 0 => Some(a),
        -1 => Some(if b % 2 == 0 { 1 } else { -1 }),
        _ => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
    }
}

fn floats(function: PythonFunction, a: f64, b: f64) -> Result<Number, NoResult> {
    let result = match function {
        PythonFunction::Add => a + b,
        PythonFunction::Sub => a - b,
        PythonFunction::Mul => a * b,
        PythonFunction::TrueDiv | PythonFunction::FloorDiv | PythonFunction::Mod if b == 0.0 => return Err(BY_ZERO),
        PythonFunction::TrueDiv => a / b,
        PythonFunction::Mod => remainder(a, b),
        PythonFunction::FloorDiv => floor_quotient(a, b),
        PythonFunction::Pow if a == 0.0 && b < 0.0 => return Err(BY_ZERO),
        PythonFunction::Pow if a < 0.0 && a.is_finite() && b.is_finite() && b.fract() != 0.0 => {
            return Err(NoResult::Undefined("the result is a complex number"));
        }
        PythonFunction::Pow => {
            let power = a.powf(b);
            if power.is_infinite() && a.is_finite() && b.is_finite() {
                return Err(NoResult::Undefined("the result is too large"));
            }
            power
        }
        _ => return Err(NoResult::Operands),
    };
    Ok(Number::Float(result))
}

/// `a % b`: the remainder has the sign of `b`.
fn remainder(a: f64, b: f64) -> f64 {
    let rest = a % b;
    match rest {
        0.0 => 0.0_f64.copysign(b),
        _ if (rest < 0.0) != (b < 0.0) => rest + b,
        _ => rest,
    }
}

/// `a // b`, computed from the remainder as in Python, so that both fit.
fn floor_quotient(a: f64, b: f64) -> f64 {
    let rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest != 0.0 && (rest < 0.0) != (b < 0.0) {
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return 0.0_f64.copysign(a / b);
    }
    let floor = quotient.floor();
    if quotient - floor > 0.5 { floor + 1.0 } else { floor }
}

/// A float without fraction as an int.
fn whole(v: f64) -> Result<Number, NoResult> {
    /// 2^63, the first float that is not an `i64`.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&v) { Ok(Number::Int(v as i64)) } else { Err(OVERFLOW) }
}

fn compares(function: PythonFunction, a: Number, b: Number) -> bool {
    let order = compare(a, b);
    match function {
        PythonFunction::Eq => order == Some(Ordering::Equal),
        PythonFunction::Ne => order != Some(Ordering::Equal),
        PythonFunction::Lt => order == Some(Ordering::Less),
        PythonFunction::Le => order.is_some_and(Ordering::is_le),
        PythonFunction::Gt => order == Some(Ordering::Greater),
        _ => order.is_some_and(Ordering::is_ge),
    }
}

/// The order of two numbers, exact also for an int and a float; `None` for NaN.
fn compare(a: Number, b: Number) -> Option<Ordering> {
    match (a.counted(), b.counted()) {
        (Number::Int(a), Number::Int(b)) => Some(a.cmp(&b)),
        (Number::Int(a), b) => int_and_float(a, b.to_float()),
        (a, Number::Int(b)) => int_and_float(b, a.to_float()).map(Ordering::reverse),
        (a, b) => a.to_float().partial_cmp(&b.to_float()),
    }
}

fn int_and_float(a: i64, b: f64) -> Option<Ordering> {
    match whole(b.floor()) {
        // Equal whole parts: a fraction makes the float larger.
        Ok(Number::Int(floor)) => {
            Some(a.cmp(&floor).then(if b > b.floor() { Ordering::Less } else { Ordering::Equal }))
        }
        _ if b.is_nan() => None,
        _ => Some(if b > 0.0 { Ordering::Less } else { Ordering::Greater }),
    }
}

#[cfg(test)]
mod tests {
    use super::Number::{Bool, Float, Int};
    use super::*;
    use PythonFunction as P;

    #[test]
    fn numbers_as_in_python() {
        // Each of these is what Python 3.11 prints.
        let cases: [(P, Number, Number, Number); 46] = [
            (P::FloorDiv, Int(-7), Int(2), Int(-4)),
            (P::FloorDiv, Int(7), Int(-2), Int(-4)),
            (P::Mod, Int(-7), Int(3), Int(2)),
            (P::Mod, Int(7), Int(-3), Int(-2)),
            (P::TrueDiv, Int(7), Int(2), Float(3.5)),
            (P::TrueDiv, Int(i64::MAX), Int(3), Float(3.0744573456182584e18)),
            (P::TrueDiv, Int(9007199254740993), Int(9007199254740992), Float(1.0)),
            (P::TrueDiv, Int(-9223372036854775807), Int(9007199254740993), Float(-1023.9999999999999)),
            (P::TrueDiv, Bool(true), Int(4), Float(0.25)),
            (P::Mod, Float(-5.5), Float(2.0), Float(0.5)),
            (P::Mod, Float(5.5), Float(-2.0), Float(-0.5)),
            (P::Mod, Float(4.0), Float(-2.0), Float(-0.0)),
            (P::FloorDiv, Float(-5.5), Float(2.0), Float(-3.0)),
            (P::FloorDiv, Float(1.0), Float(0.1), Float(9.0)),
            (P::Mod, Float(1.0), Float(0.1), Float(0.09999999999999995)),
            (P::Pow, Int(2), Int(-1), Float(0.5)),
            (P::Pow, Int(3), Int(4), Int(81)),
            (P::Pow, Float(5.0), Float(0.5), Float(2.23606797749979)),
            (P::Pow, Float(-2.0), Float(3.0), Float(-8.0)),
            (P::Add, Bool(true), Bool(true), Int(2)),
            (P::Mul, Int(3), Float(0.1), Float(0.30000000000000004)),
            (P::Sub, Int(1), Float(0.9), Float(0.09999999999999998)),
            (P::Eq, Int(1), Float(1.0), Bool(true)),
            (P::Eq, Int(9007199254740993), Float(9007199254740992.0), Bool(false)),
            (P::Gt, Int(9007199254740993), Float(9007199254740992.0), Bool(true)),
            (P::Lt, Int(i64::MAX), Float(9223372036854775808.0), Bool(true)),
            (P::Lt, Int(0), Float(f64::NAN), Bool(false)),
            (P::Ne, Int(0), Float(f64::NAN), Bool(true)),
            (P::Ge, Float(2.5), Int(2), Bool(true)),
            (P::Le, Int(-2), Float(-2.5), Bool(false)),
            (P::Max, Int(2), Float(2.0), Int(2)),
            (P::Min, Float(2.5), Int(2), Int(2)),
            (P::LeftShift, Int(3), Int(4), Int(48)),
            (P::LeftShift, Int(-3), Int(2), Int(-12)),
            (P::LeftShift, Int(0), Int(1000), Int(0)),
            (P::LeftShift, Bool(true), Int(3), Int(8)),
            (P::RightShift, Int(-9), Int(1), Int(-5)),
            (P::RightShift, Int(-9), Int(100), Int(-1)),
            (P::RightShift, Int(9), Int(64), Int(0)),
            (P::And, Int(6), Int(-4), Int(4)),
            (P::Or, Int(6), Bool(true), Int(7)),
            (P::And, Bool(true), Bool(false), Bool(false)),
            (P::Or, Bool(true), Bool(false), Bool(true)),
            (P::Pow, Int(-1), Int(4294967297), Int(-1)),
            (P::Pow, Int(0), Int(0), Int(1)),
            (P::Pow, Int(1), Int(9223372036854775807), Int(1)),
        ];
        for (function, a, b, expected) in cases {
            let got = apply(function, &[a, b]).map(|n| format!("{n:?}"));
            assert_eq!(got, Ok(format!("{expected:?}")), "{function:?} {a:?} {b:?}");
        }
        assert_eq!(apply(P::Trunc, &[Float(-2.7)]), Ok(Int(-2)));
        assert_eq!(apply(P::Int, &[Float(2.7)]), Ok(Int(2)));
        assert_eq!(apply(P::Int, &[Bool(true)]), Ok(Int(1)));
        assert_eq!(apply(P::Pos, &[Bool(true)]), Ok(Int(1)));
        assert_eq!(apply(P::Sqrt, &[Int(9)]), Ok(Float(3.0)));
        assert_eq!(apply(P::Not, &[Bool(true)]), Ok(Bool(false)));
        assert_eq!(apply(P::IfElse, &[Bool(false), Int(1), Int(0)]), Ok(Int(0)));
    }

    #[test]
    fn what_has_no_result_is_an_error() {
        let undefined: [(P, &[Number]); 14] = [
            (P::TrueDiv, &[Int(1), Int(0)]),
            (P::TrueDiv, &[Float(1.0), Float(0.0)]),
            (P::Mod, &[Float(1.0), Int(0)]),
            (P::FloorDiv, &[Float(1.0), Int(0)]),
            (P::Pow, &[Int(0), Int(-1)]),
            (P::Pow, &[Float(-8.0), Float(0.5)]),
            (P::Pow, &[Float(10.0), Int(400)]),
            (P::Mul, &[Int(i64::MAX), Int(2)]),
            (P::FloorDiv, &[Int(i64::MIN), Int(-1)]),
            (P::Trunc, &[Float(1e19)]),
            (P::Sqrt, &[Float(-1.0)]),
            (P::LeftShift, &[Int(1), Int(63)]),
            (P::LeftShift, &[Int(1), Int(-1)]),
            (P::Int, &[Float(f64::NAN)]),
        ];
        for (function, operands) in undefined {
            assert!(matches!(apply(function, operands), Err(NoResult::Undefined(_))), "{function:?} {operands:?}");
        }
        assert_eq!(apply(P::Add, &[Int(1)]), Err(NoResult::Operands));
        assert_eq!(apply(P::Neg, &[Int(1), Int(2)]), Err(NoResult::Operands));
    }
}
