//! The value of an expression.

use super::{Expr, ExprError, ExprKind, Function, Symbol};
use crate::arith::floor_div;

impl Expr {
    /// The value once every symbol has one.
    ///
    /// # Errors
    /// A symbol without a value, a division by zero, a result outside 64 bits, or a result that is not an integer.
    pub fn eval(&self, values: &impl Fn(&Symbol) -> Option<i64>) -> Result<i64, ExprError> {
        match self.integer(values) {
            Some(value) => Ok(value),
            None => self.rewritten(values),
        }
    }

    /// The value where integers are all that occurs, also on the way. It builds no expressions: sizes are computed a
    /// million times in an export.
    fn integer(&self, values: &impl Fn(&Symbol) -> Option<i64>) -> Option<i64> {
        let of = |part: &Expr| part.integer(values);
        match self.kind() {
            ExprKind::Int(value) => Some(*value),
            ExprKind::Symbol(symbol) => values(symbol),
            ExprKind::Add(terms) => terms.iter().try_fold(0_i64, |sum, term| sum.checked_add(of(term)?)),
            ExprKind::Mul(factors) => {
                factors.iter().try_fold(1_i64, |product, factor| product.checked_mul(of(factor)?))
            }
            ExprKind::Pow(base, exponent) => of(base)?.checked_pow(u32::try_from(of(exponent)?).ok()?),
            ExprKind::Apply(function, args) => match (function, args.as_slice()) {
                (Function::FloorDiv, [a, b]) => quotient(of(a)?, of(b)?),
                (Function::Mod | Function::PythonMod, [a, b]) => remainder(of(a)?, of(b)?),
                (Function::Max, [first, rest @ ..]) => {
                    rest.iter().try_fold(of(first)?, |most, arg| Some(most.max(of(arg)?)))
                }
                (Function::Min, [first, rest @ ..]) => {
                    rest.iter().try_fold(of(first)?, |least, arg| Some(least.min(of(arg)?)))
                }
                _ => None,
            },
            ExprKind::Rational(_) | ExprKind::Real(_) | ExprKind::Piecewise(_) => None,
        }
    }

    /// The value by the rules of simplification: also for fractions, reals and choices, and it knows what is wrong.
    fn rewritten(&self, values: &impl Fn(&Symbol) -> Option<i64>) -> Result<i64, ExprError> {
        let mut missing = None;
        let value = self.rewrite(&mut |e| match e.kind() {
            ExprKind::Symbol(symbol) => match values(symbol) {
                Some(value) => Some(Expr::int(value)),
                None => {
                    missing.get_or_insert_with(|| symbol.clone());
                    None
                }
            },
            _ => None,
        })?;
        match (missing, value.as_int()) {
            (Some(symbol), _) => Err(ExprError::Unbound { symbol: symbol.to_string() }),
            (None, Some(value)) => Ok(value),
            (None, None) => Err(ExprError::NotAnInteger { expr: value.to_string() }),
        }
    }
}

fn quotient(a: i64, b: i64) -> Option<i64> {
    if b == 0 { None } else { i64::try_from(floor_div(a.into(), b.into())).ok() }
}

/// With the sign of the divisor, as in Python.
fn remainder(a: i64, b: i64) -> Option<i64> {
    let (a, b, quotient) = (i128::from(a), i128::from(b), quotient(a, b)?);
    i64::try_from(a - i128::from(quotient) * b).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers at the borders and between them.
    const NUMBERS: [i64; 14] =
        [i64::MIN, i64::MIN + 1, -(1 << 40), -7, -2, -1, 0, 1, 2, 3, 7, 1 << 31, 1 << 62, i64::MAX];

    /// Both ways have the same value wherever both have one, and the short one has none of its own where the rules say
    /// that a divisor is 0.
    #[test]
    fn integers_follow_the_rules_of_expressions() {
        let (a, b) = (Symbol::integer("a"), Symbol::integer("b"));
        let (x, y) = (Expr::symbol(&a), Expr::symbol(&b));
        let apply = |function, args: &[&Expr]| {
            Expr::raw(ExprKind::Apply(function, args.iter().map(|e| (*e).clone()).collect()))
        };
        let three = Expr::int(3);
        let exprs = [
            Expr::raw(ExprKind::Add(vec![x.clone(), y.clone(), three.clone()])),
            Expr::raw(ExprKind::Mul(vec![three.clone(), x.clone(), y.clone()])),
            Expr::raw(ExprKind::Pow(x.clone(), y.clone())),
            Expr::raw(ExprKind::Pow(x.clone(), three.clone())),
            apply(Function::FloorDiv, &[&x, &y]),
            apply(Function::FloorDiv, &[&three, &y]),
            apply(Function::Mod, &[&x, &y]),
            apply(Function::PythonMod, &[&x, &y]),
            apply(Function::Max, &[&x, &y, &three]),
            apply(Function::Min, &[&x, &y, &three]),
            apply(Function::Max, &[&x]),
            apply(Function::PowByNatural, &[&x, &y]),
            apply(Function::Abs, &[&x]),
            apply(Function::CeilToInt, &[&apply(Function::IntTrueDiv, &[&x, &y])]),
        ];
        let mut both = 0;
        for expr in &exprs {
            for (left, right) in NUMBERS.iter().flat_map(|l| NUMBERS.iter().map(move |r| (*l, *r))) {
                let values = |symbol: &Symbol| Some(if *symbol == a { left } else { right });
                match (expr.integer(&values), expr.rewritten(&values)) {
                    (Some(short), Ok(ruled)) => {
                        both += 1;
                        assert_eq!(short, ruled, "{expr} at {left}, {right}");
                    }
                    (Some(_), Err(error)) => {
                        assert!(matches!(error, ExprError::Overflow { .. }), "{expr} at {left}, {right}: {error}")
                    }
                    (None, _) => {}
                }
            }
        }
        assert!(both > 1000, "{both}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let sum = Expr::size("s0").try_add(&Expr::size("s1")).unwrap_or_else(|_| Expr::int(0));
        let error = sum.eval(&|symbol| (symbol.name() == "s0").then_some(3));
        assert!(matches!(error, Err(ExprError::Unbound { symbol }) if symbol == "s1"));
    }
}
