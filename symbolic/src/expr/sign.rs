//! What follows from assumptions alone: signs and parity, as sympy's `is_positive` and `is_even`.

use super::{Expr, ExprKind, Function, Symbol};
use crate::range::{Bound, ValueRange};

fn assumed(symbol: &Symbol) -> ValueRange {
    if symbol.is_positive() { ValueRange::new(Some(1), None) } else { ValueRange::ALL }
}

impl Expr {
    /// Bounds that follow from the symbols' assumptions, whatever their ranges.
    pub fn assumed_range(&self) -> ValueRange {
        self.range(&assumed)
    }

    pub(super) fn is_positive(&self) -> bool {
        self.assumed_range().lower >= Bound::Finite(1)
    }

    pub(super) fn is_nonnegative(&self) -> bool {
        // Torch declares every Mod non-negative, whatever its arguments.
        matches!(self.kind(), ExprKind::Apply(Function::Mod, _)) || self.assumed_range().lower >= Bound::Finite(0)
    }

    /// Parity, when every term has one.
    pub(crate) fn is_odd(&self) -> Option<bool> {
        match self.kind() {
            ExprKind::Int(n) => Some(n % 2 != 0),
            ExprKind::Add(args) => args.iter().try_fold(false, |odd, a| Some(odd ^ a.is_odd()?)),
            // Half of an even number may be odd.
            ExprKind::Mul(args) if args.iter().any(|a| matches!(a.kind(), ExprKind::Rational(_))) => None,
            ExprKind::Mul(args) => {
                let parities: Vec<Option<bool>> = args.iter().map(Expr::is_odd).collect();
                if parities.contains(&Some(false)) {
                    Some(false)
                } else {
                    parities.into_iter().try_fold(true, |odd, p| Some(odd & p?))
                }
            }
            ExprKind::Pow(base, exponent) if exponent.is_positive() => base.is_odd(),
            ExprKind::Apply(Function::Max | Function::Min, args) => {
                let first = args.first()?.is_odd()?;
                args.iter().all(|a| a.is_odd() == Some(first)).then_some(first)
            }
            _ => None,
        }
    }
}
