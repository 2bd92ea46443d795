//! Floor division and remainders with torch's automatic simplifications.

use super::poly::narrow_gcd;
use super::{Expr, ExprError, ExprKind, Function};
use crate::arith::floor_div as int_floor_div;

fn by_zero(a: &Expr, operator: &str) -> ExprError {
    ExprError::DivisionByZero { operation: format!("{a} {operator} 0") }
}

fn narrow(value: i128, operation: impl FnOnce() -> String) -> Result<Expr, ExprError> {
    i64::try_from(value).map(Expr::int).map_err(|_| ExprError::Overflow { operation: operation() })
}

impl Expr {
    /// `self // by`, rounded towards minus infinity. Mirrors `torch.utils._sympy.functions.FloorDiv`.
    ///
    /// # Errors
    /// [`ExprError::DivisionByZero`], or [`ExprError::Overflow`] past 64 bits.
    pub fn floor_div(&self, by: &Expr) -> Result<Expr, ExprError> {
        if by.is_int(0) {
            return Err(by_zero(self, "//"));
        }
        if self.is_int(0) || by.is_int(1) {
            return Ok(self.clone());
        }
        if by.is_int(-1) {
            return self.try_neg();
        }
        if self == by {
            return Ok(Expr::int(1));
        }
        if let (Some(a), Some(b)) = (self.as_int(), by.as_int()) {
            return narrow(int_floor_div(a.into(), b.into()), || format!("{a} // {b}"));
        }
        if let ExprKind::Apply(Function::FloorDiv, inner) = self.kind()
            && let [a, b] = inner.as_slice()
        {
            return a.floor_div(&b.try_mul(by)?);
        }
        if let Some(divisor) = by.as_int() {
            // Terms that the divisor divides leave the quotient.
            let divisible = |t: &&Expr| t.as_coeff_mul().0.checked_rem(divisor) == Some(0);
            let (out, rest): (Vec<&Expr>, Vec<&Expr>) = self.terms().iter().partition(|t| divisible(t));
            if !out.is_empty() {
                let quotients: Option<Vec<Expr>> = out.iter().map(|t| t.divided_exactly(divisor)).collect();
                let quotient = Expr::sum(quotients.unwrap_or_default())?;
                return Expr::sum(rest.into_iter().cloned())?.floor_div(by)?.try_add(&quotient);
            }
        }
        match self.without_common_factor(by)? {
            Some((a, b)) => a.floor_div(&b),
            None => Ok(Expr::raw(ExprKind::Apply(Function::FloorDiv, vec![self.clone(), by.clone()]))),
        }
    }

    /// `self % by` of non-negative integers. Mirrors `torch.utils._sympy.functions.Mod`.
    ///
    /// # Errors
    /// [`ExprError::DivisionByZero`], or [`ExprError::Overflow`] past 64 bits.
    pub fn modulo(&self, by: &Expr) -> Result<Expr, ExprError> {
        self.remainder(by, Function::Mod)
    }

    pub(super) fn remainder(&self, by: &Expr, function: Function) -> Result<Expr, ExprError> {
        if by.is_int(0) {
            return Err(by_zero(self, "%"));
        }
        if self.is_int(0) || by.is_int(1) || self == by || *self == by.try_neg()? {
            return Ok(Expr::int(0));
        }
        if let (Some(a), Some(b)) = (self.as_int(), by.as_int()) {
            let (a, b) = (i128::from(a), i128::from(b));
            return narrow(a - int_floor_div(a, b) * b, || format!("{a} % {b}"));
        }
        if by.is_int(2)
            && let Some(odd) = self.is_odd()
        {
            return Ok(Expr::int(odd.into()));
        }
        if self.is_multiple_of(by) {
            return Ok(Expr::int(0));
        }
        if self.is_positive() && by.try_sub(self)?.is_positive() {
            return Ok(self.clone());
        }
        Ok(Expr::raw(ExprKind::Apply(function, vec![self.clone(), by.clone()])))
    }

    /// Whether the quotient is visibly an integer: literal divisors divide every coefficient, symbolic ones are factors.
    fn is_multiple_of(&self, by: &Expr) -> bool {
        if let Some(divisor) = by.as_int() {
            return self.divided_exactly(divisor).is_some();
        }
        let (c, rest) = by.as_coeff_mul();
        let (own, mine) = self.as_coeff_mul();
        own.checked_rem(c) == Some(0)
            && rest.factors().iter().all(|f| {
                let (base, exponent) = as_power(f);
                mine.factors().iter().any(|g| {
                    let (b, e) = as_power(g);
                    b == base && e >= exponent
                })
            })
    }

    /// `self / by` as a real.
    pub(super) fn true_div(&self, by: &Expr) -> Result<Expr, ExprError> {
        if by.is_int(0) {
            return Err(by_zero(self, "/"));
        }
        match (self.as_int(), by.as_int()) {
            (Some(a), Some(b)) => Ok(Expr::real(a as f64 / b as f64)),
            _ => Ok(Expr::raw(ExprKind::Apply(Function::IntTrueDiv, vec![self.clone(), by.clone()]))),
        }
    }

    /// Numerator and denominator without what they visibly share; `None` when they share nothing.
    fn without_common_factor(&self, by: &Expr) -> Result<Option<(Expr, Expr)>, ExprError> {
        let common = narrow_gcd(self.content(), by.content());
        let (Some(p), Some(q)) = (self.divided_exactly(common), by.divided_exactly(common)) else { return Ok(None) };
        let shared: Vec<Expr> =
            q.factors().iter().filter(|x| p.terms().iter().all(|t| t.factors().contains(x))).cloned().collect();
        if !shared.is_empty() {
            let divided = |e: &Expr| {
                // A sum that is itself the shared factor must not be taken apart.
                if shared.contains(e) {
                    return Ok(Expr::int(1));
                }
                let terms = e.terms().iter().map(|t| {
                    let left = t.factors().iter().filter(|f| !shared.contains(f)).cloned();
                    Expr::product(left)
                });
                Expr::sum(terms.collect::<Result<Vec<_>, ExprError>>()?)
            };
            return Ok(Some((divided(&p)?.simplified()?, divided(&q)?.simplified()?)));
        }
        if common != 1 {
            return Ok(Some((p.simplified()?, q.simplified()?)));
        }
        match by.kind() {
            ExprKind::Add(_) => super::poly::cancelled(self, by),
            _ => Ok(None),
        }
    }
}

fn as_power(e: &Expr) -> (&Expr, i64) {
    match e.kind() {
        ExprKind::Pow(base, exponent) if exponent.as_int().is_some() => (base, exponent.as_int().unwrap_or(1)),
        _ => (e, 1),
    }
}
