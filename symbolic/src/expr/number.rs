//! The value of an expression whose parts may be reals.

use super::{Expr, ExprError, ExprKind, Function, Symbol};
use crate::arith::true_div;

/// The value of an expression: an integer, or a real as Python computes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// An integer.
    Int(i64),
    /// A real.
    Real(f64),
}

impl Number {
    /// The nearest real.
    pub fn to_real(self) -> f64 {
        match self {
            Number::Int(n) => n as f64,
            Number::Real(x) => x,
        }
    }
}

impl Expr {
    /// The value once every symbol has one. Reals are computed in double precision, in the order of the parts.
    ///
    /// ```
    /// use symbolic::{Expr, Function, Number, Symbol};
    /// let root = Expr::apply(Function::FloatPow, vec![
    ///     Expr::apply(Function::ToFloat, vec![Expr::size("s77")])?,
    ///     Expr::real(0.5),
    /// ])?;
    /// assert_eq!(root.to_string(), "FloatPow(ToFloat(s77), 0.5)");
    /// assert_eq!(root.eval_number(&|_| Some(Number::Int(9)))?, Number::Real(3.0));
    /// # Ok::<(), symbolic::ExprError>(())
    /// ```
    ///
    /// # Errors
    /// A symbol without a value, a division by zero, an integer outside 64 bits.
    pub fn eval_number(&self, values: &impl Fn(&Symbol) -> Option<Number>) -> Result<Number, ExprError> {
        if !self.is_real() {
            // Integers follow the rules of integers, which never lose a digit.
            let integer = |symbol: &Symbol| match values(symbol) {
                Some(Number::Int(n)) => Some(n),
                _ => None,
            };
            return self.with_integer_parts(values)?.eval(&integer).map(Number::Int);
        }
        let real = |part: &Expr| part.eval_number(values).map(Number::to_real);
        let value = match self.kind() {
            ExprKind::Int(n) => *n as f64,
            ExprKind::Rational(x) => x.to_f64(),
            ExprKind::Real(x) => x.0,
            ExprKind::Piecewise(cases) => {
                let chosen = cases.iter().find_map(|case| match case.condition.eval_number(values) {
                    Ok(false) => None,
                    Ok(true) => Some(real(&case.value)),
                    Err(error) => Some(Err(error)),
                });
                chosen.unwrap_or_else(|| Err(ExprError::NoCase { expr: self.to_string() }))?
            }
            ExprKind::Symbol(symbol) => match values(symbol) {
                Some(number) => number.to_real(),
                None => return Err(ExprError::Unbound { symbol: symbol.to_string() }),
            },
            ExprKind::Add(args) => args.iter().try_fold(0.0, |sum, part| Ok(sum + real(part)?))?,
            ExprKind::Mul(args) => args.iter().try_fold(1.0, |product, part| Ok(product * real(part)?))?,
            ExprKind::Pow(base, exponent) => real(base)?.powf(real(exponent)?),
            ExprKind::Apply(function, args) => {
                let by_zero = || ExprError::DivisionByZero { operation: self.to_string() };
                match (function, args.as_slice()) {
                    (Function::ToFloat, [a]) => real(a)?,
                    (Function::Sqrt, [a]) => real(a)?.sqrt(),
                    (Function::FloatPow, [a, b]) => real(a)?.powf(real(b)?),
                    (Function::IntTrueDiv, [a, b]) => match (a.eval_number(values)?, b.eval_number(values)?) {
                        (_, Number::Int(0)) => return Err(by_zero()),
                        (Number::Int(a), Number::Int(b)) => true_div(a, b),
                        (a, b) => a.to_real() / b.to_real(),
                    },
                    (Function::FloatTrueDiv, [a, b]) => match real(b)? {
                        0.0 => return Err(by_zero()),
                        b => real(a)? / b,
                    },
                    (Function::Mod | Function::PythonMod, [a, b]) => match real(b)? {
                        0.0 => return Err(by_zero()),
                        b => python_rem(real(a)?, b),
                    },
                    (Function::Max, _) => args.iter().try_fold(f64::NEG_INFINITY, |m, part| Ok(m.max(real(part)?)))?,
                    (Function::Min, _) => args.iter().try_fold(f64::INFINITY, |m, part| Ok(m.min(real(part)?)))?,
                    (Function::Identity, [a]) => real(a)?,
                    (Function::PowByNatural, [a, b]) => real(a)?.powf(real(b)?),
                    (_, [a]) => match function.of_float(real(a)?) {
                        Some(value) => value,
                        None => return Err(ExprError::NotAnInteger { expr: self.to_string() }),
                    },
                    _ => return Err(ExprError::NotAnInteger { expr: self.to_string() }),
                }
            }
        };
        Ok(Number::Real(value))
    }

    /// The expression with its real parts below `TruncToInt` and its kin as numbers, so that only integers are left.
    fn with_integer_parts(&self, values: &impl Fn(&Symbol) -> Option<Number>) -> Result<Expr, ExprError> {
        let mut failed = None;
        let rewritten = self.rewrite(&mut |part| {
            if !part.is_real() || part.free_symbols().is_empty() {
                return None;
            }
            match part.eval_number(values) {
                Ok(number) => Some(Expr::real(number.to_real())),
                Err(error) => {
                    failed.get_or_insert(error);
                    None
                }
            }
        });
        match failed {
            Some(error) => Err(error),
            None => rewritten,
        }
    }

    /// Whether the value is a real and not an integer.
    pub fn is_real(&self) -> bool {
        match self.kind() {
            ExprKind::Int(_) => false,
            ExprKind::Real(_) => true,
            // A fraction is a part of an integer: `s77*(s77 - 1)/2`.
            ExprKind::Rational(_) => false,
            ExprKind::Piecewise(cases) => cases.iter().any(|case| case.value.is_real()),
            ExprKind::Symbol(symbol) => symbol.is_real(),
            ExprKind::Add(args) | ExprKind::Mul(args) => args.iter().any(Expr::is_real),
            ExprKind::Pow(base, exponent) => base.is_real() || exponent.is_real(),
            ExprKind::Apply(function, args) => match function {
                Function::Mod
                | Function::PythonMod
                | Function::Max
                | Function::Min
                | Function::Abs
                | Function::Identity
                | Function::PowByNatural => args.iter().any(Expr::is_real),
                Function::CeilToInt
                | Function::FloorDiv
                | Function::FloorToInt
                | Function::RoundToInt
                | Function::ModularIndexing
                | Function::IsNonOverlappingAndDense
                | Function::TruncToInt => false,
                _ => true,
            },
        }
    }
}

/// The remainder with the sign of the divisor, as Python's `%` of floats.
fn python_rem(a: f64, b: f64) -> f64 {
    let rem = a % b;
    if rem != 0.0 && (rem < 0.0) != (b < 0.0) { rem + b } else { rem }
}
