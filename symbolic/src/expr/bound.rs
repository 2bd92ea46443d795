//! The range of an expression, from the ranges of its symbols.

use super::{Expr, ExprKind, Function, Symbol};
use crate::arith::floor_div;
use crate::range::{Bound, ValueRange};

impl Expr {
    /// Bounds of an expression from the bounds of its symbols. Mirrors torch's `bound_sympy`.
    pub fn range(&self, symbols: &impl Fn(&Symbol) -> ValueRange) -> ValueRange {
        match self.kind() {
            ExprKind::Int(n) => ValueRange::point((*n).into()),
            ExprKind::Real(_) => ValueRange::ALL,
            ExprKind::Rational(x) => {
                let floor = floor_div(x.numerator().into(), x.denominator().into());
                ValueRange { lower: Bound::Finite(floor), upper: Bound::Finite(floor + 1) }
            }
            ExprKind::Piecewise(cases) => {
                let ranges = cases.iter().map(|case| case.value.range(symbols));
                let joined = |a: ValueRange, b: ValueRange| ValueRange {
                    lower: a.lower.min(b.lower),
                    upper: a.upper.max(b.upper),
                };
                ranges.reduce(joined).unwrap_or(ValueRange::ALL)
            }
            ExprKind::Symbol(s) => symbols(s),
            ExprKind::Add(args) => args.iter().map(|a| a.range(symbols)).fold(ValueRange::point(0), ValueRange::add),
            ExprKind::Mul(args) => args.iter().map(|a| a.range(symbols)).fold(ValueRange::point(1), ValueRange::mul),
            ExprKind::Pow(base, exponent) => base.range(symbols).power(exponent.range(symbols)),
            ExprKind::Apply(function, args) => {
                let mut ranges = args.iter().map(|a| a.range(symbols));
                let first = ranges.next().unwrap_or(ValueRange::ALL);
                match function {
                    Function::FloorDiv => ranges.fold(first, ValueRange::floor_div),
                    Function::Mod => ranges.fold(first, ValueRange::remainder),
                    Function::PythonMod => ranges.fold(first, ValueRange::python_remainder),
                    Function::Max => ranges
                        .fold(first, |a, b| ValueRange { lower: a.lower.max(b.lower), upper: a.upper.max(b.upper) }),
                    Function::Min => ranges
                        .fold(first, |a, b| ValueRange { lower: a.lower.min(b.lower), upper: a.upper.min(b.upper) }),
                    Function::ToFloat | Function::Identity => first,
                    Function::CeilToInt | Function::FloorToInt | Function::RoundToInt | Function::TruncToInt => {
                        args.first().map_or(ValueRange::ALL, |arg| rounded_quotient(*function, arg, symbols))
                    }
                    _ => ValueRange::ALL,
                }
            }
        }
    }
}

/// Rounding a true division of integers lies between its floor and its ceiling.
fn rounded_quotient(function: Function, arg: &Expr, symbols: &impl Fn(&Symbol) -> ValueRange) -> ValueRange {
    let ExprKind::Apply(Function::IntTrueDiv, quotient) = arg.kind() else { return ValueRange::ALL };
    let [a, b] = quotient.as_slice() else { return ValueRange::ALL };
    let floor = a.range(symbols).floor_div(b.range(symbols));
    match function {
        Function::FloorToInt => floor,
        _ => ValueRange { lower: floor.lower, upper: floor.upper.add(Bound::Finite(1), 1) },
    }
}
