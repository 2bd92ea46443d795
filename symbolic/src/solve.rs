//! Isolating a symbol in a relation, as torch's `try_solve` does: a few exact steps, no general solver.

use crate::expr::{Expr, ExprError, ExprKind, Function};
use crate::rel::{Rel, RelOp};

/// Torch's own number of attempts.
const TRIALS: usize = 5;

/// `thing op rhs / divisor`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Solution {
    /// The comparison.
    pub op: RelOp,
    /// The right side, before it is divided.
    pub rhs: Expr,
    /// Positive; 1 when the solution is an integer expression.
    pub divisor: i64,
}

/// The relation solved for `thing`, when it stands on one side only and a few exact steps isolate it (torch's `try_solve`).
///
/// With `floordiv_inequality` an inequality on a floor division is opened, as torch does where it narrows ranges.
///
/// # Errors
/// Arithmetic errors.
pub fn solve(rel: &Rel, thing: &Expr, floordiv_inequality: bool) -> Result<Option<Solution>, ExprError> {
    let (left, right) = (rel.lhs.contains(thing), rel.rhs.contains(thing));
    let rel = match (left, right) {
        (true, false) => rel.clone(),
        (false, true) => rel.mirrored(),
        _ => return Ok(None),
    };
    let mut state = State { op: rel.op, lhs: rel.lhs, rhs: rel.rhs, divisor: 1 };
    for _ in 0..TRIALS {
        if !state.step(thing, floordiv_inequality)? {
            break;
        }
    }
    let State { op, lhs, rhs, divisor } = state;
    Ok((lhs == *thing).then_some(Solution { op, rhs, divisor }))
}

struct State {
    op: RelOp,
    lhs: Expr,
    rhs: Expr,
    divisor: i64,
}

impl State {
    /// One round; false when nothing changed.
    fn step(&mut self, thing: &Expr, floordiv_inequality: bool) -> Result<bool, ExprError> {
        let moved = self.move_terms(thing)?;
        let divided = self.divide(thing)?;
        let opened = floordiv_inequality && self.open_floor_div()?;
        Ok(moved || divided || opened)
    }

    fn move_terms(&mut self, thing: &Expr) -> Result<bool, ExprError> {
        let (stay, go): (Vec<Expr>, Vec<Expr>) = self.lhs.terms().iter().cloned().partition(|t| t.contains(thing));
        if go.is_empty() || stay.is_empty() {
            return Ok(false);
        }
        // rhs/divisor - go is (rhs - divisor*go)/divisor.
        let go = Expr::sum(go)?.try_mul(&Expr::int(self.divisor))?;
        self.rhs = self.rhs.try_sub(&go)?;
        self.lhs = Expr::sum(stay)?;
        Ok(true)
    }

    fn divide(&mut self, thing: &Expr) -> Result<bool, ExprError> {
        let ExprKind::Mul(factors) = self.lhs.kind() else { return Ok(false) };
        let (stay, other): (Vec<Expr>, Vec<Expr>) = factors.iter().cloned().partition(|f| f.contains(thing));
        let equality = matches!(self.op, RelOp::Eq | RelOp::Ne);
        if other.is_empty() || (equality && self.rhs.is_int(0)) {
            return Ok(false);
        }
        let (coefficient, symbols) = Expr::product(other)?.as_coeff_mul();
        if !symbols.is_int(1) {
            // A symbolic factor divides only when its sign is known and it cancels.
            let positive = symbols.assumed_range().lower >= crate::range::Bound::Finite(1);
            let Some(rhs) = cancelled(&self.rhs, &symbols)?.filter(|_| equality || positive) else { return Ok(false) };
            self.rhs = rhs;
        }
        let Some(size) = coefficient.checked_abs().filter(|c| *c != 0) else { return Ok(false) };
        if coefficient < 0 {
            self.rhs = self.rhs.try_neg()?;
            self.op = self.op.mirrored();
        }
        self.lhs = Expr::product(stay)?;
        match self.rhs.divided_exactly(size) {
            Some(rhs) => self.rhs = rhs,
            None => {
                let overflow = || ExprError::Overflow { operation: format!("{}*{size}", self.divisor) };
                self.divisor = self.divisor.checked_mul(size).ok_or_else(overflow)?;
            }
        }
        Ok(true)
    }

    /// A floor division by a positive number bounds its numerator.
    fn open_floor_div(&mut self) -> Result<bool, ExprError> {
        let ExprKind::Apply(Function::FloorDiv, args) = self.lhs.kind() else { return Ok(false) };
        let [numerator, denominator] = args.as_slice() else { return Ok(false) };
        if self.divisor != 1 || denominator.assumed_range().lower < crate::range::Bound::Finite(1) {
            return Ok(false);
        }
        let above = self.rhs.try_add(&Expr::int(1))?;
        let (op, quotient) = match self.op {
            RelOp::Gt => (RelOp::Ge, above),
            RelOp::Ge => (RelOp::Ge, self.rhs.clone()),
            RelOp::Lt => (RelOp::Lt, self.rhs.clone()),
            RelOp::Le => (RelOp::Lt, above),
            RelOp::Eq => {
                // `n // d == e` is `d*e <= n` and `n < d*(e + 1)`; of use where the signs of the symbols settle one half.
                let half = |op, quotient: &Expr| Ok(Rel::new(op, numerator.clone(), quotient.try_mul(denominator)?));
                match (half(RelOp::Ge, &self.rhs)?.assumed()?, half(RelOp::Lt, &above)?.assumed()?) {
                    (Some(true), None) => (RelOp::Lt, above),
                    (None, Some(true)) => (RelOp::Ge, self.rhs.clone()),
                    _ => return Ok(false),
                }
            }
            RelOp::Ne => return Ok(false),
        };
        let (numerator, rhs) = (numerator.clone(), quotient.try_mul(denominator)?);
        (self.op, self.lhs, self.rhs) = (op, numerator, rhs);
        Ok(true)
    }
}

/// `e` without the factors of `by`, when every term has them all.
fn cancelled(e: &Expr, by: &Expr) -> Result<Option<Expr>, ExprError> {
    let mut terms = Vec::new();
    for term in e.terms() {
        let mut factors = term.factors().to_vec();
        for factor in by.factors() {
            let Some(at) = factors.iter().position(|f| f == factor) else { return Ok(None) };
            factors.remove(at);
        }
        terms.push(Expr::product(factors)?);
    }
    Expr::sum(terms).map(Some)
}
