//! Answering questions without guarding: from ranges, parity and earlier guards.

use indexmap::IndexMap;

use crate::expr::{Expr, ExprError, Symbol};
use crate::range::{Bound, ValueRange};
use crate::rel::{Rel, RelOp, decide};

use super::{EnvError, ShapeEnv};

impl ShapeEnv {
    /// Whether a relation holds for all values still possible (`Some(true)`), for none (`Some(false)`), or for some.
    ///
    /// Mirrors `_maybe_evaluate_static`; adds no guard.
    ///
    /// # Errors
    /// Arithmetic errors while simplifying.
    pub fn static_eval(&self, rel: &Rel) -> Result<Option<bool>, EnvError> {
        self.static_eval_with(rel, true)
    }

    /// The same; `axioms` says whether earlier guards may answer, or ranges alone.
    ///
    /// # Errors
    /// As [`static_eval`](ShapeEnv::static_eval).
    pub fn static_eval_with(&self, rel: &Rel, axioms: bool) -> Result<Option<bool>, EnvError> {
        let (op, difference) = canonical(&self.simplify_rel(rel)?)?;
        if axioms && let Some(known) = self.axioms.get(&(op, difference.clone())) {
            return Ok(Some(*known));
        }
        // With the least value subtracted every symbol starts at 1, and cancelling terms show their sign.
        let mut shifted = IndexMap::new();
        let mut ranges: IndexMap<Symbol, ValueRange> = IndexMap::new();
        for symbol in difference.free_symbols() {
            let range = self.range(&symbol);
            let Some(lower) = range.lower.finite().and_then(|n| i64::try_from(n).ok()) else {
                ranges.insert(symbol, range);
                continue;
            };
            let fresh = Symbol::size(&format!("~{}", symbol.name()));
            let offset = Expr::int(lower.saturating_sub(1));
            shifted.insert(symbol, Expr::symbol(&fresh).try_add(&offset)?);
            let moved = range.add(ValueRange::point(1 - i128::from(lower)));
            ranges.insert(fresh, ValueRange { lower: Bound::Finite(1), ..moved });
        }
        let (op, difference) = match difference.substitute(&shifted).and_then(|d| d.expand()) {
            Ok(shifted) => canonical(&Rel::new(op, Expr::int(0), shifted))?,
            // A shift can push coefficients out of 64 bits; the unshifted form still answers, less sharply.
            Err(ExprError::Overflow { .. }) => {
                return Ok(decide(op.mirrored(), &difference, &self.bound(&difference)));
            }
            Err(other) => return Err(other.into()),
        };
        let bound = difference.range(&|s| ranges.get(s).copied().unwrap_or(ValueRange::ALL));
        // `0 op difference` is `difference mirrored 0`.
        Ok(decide(op.mirrored(), &difference, &bound))
    }

    /// Records what follows from a relation that holds: torch's `get_implications`.
    pub(super) fn learn(&mut self, rel: &Rel) -> Result<(), EnvError> {
        let (l, r) = (&rel.lhs, &rel.rhs);
        let one = Expr::int(1);
        let mut facts = vec![rel.clone()];
        match rel.op {
            RelOp::Eq => {
                facts.push(Rel::new(RelOp::Le, l.clone(), r.clone()));
                facts.push(Rel::new(RelOp::Ge, l.clone(), r.clone()));
            }
            RelOp::Lt => {
                facts.push(Rel::new(RelOp::Le, l.clone(), r.clone()));
                facts.push(Rel::new(RelOp::Ne, l.clone(), r.clone()));
                facts.push(Rel::new(RelOp::Le, l.clone(), r.try_sub(&one)?));
            }
            RelOp::Le => facts.push(Rel::new(RelOp::Lt, l.clone(), r.try_add(&one)?)),
            RelOp::Ne | RelOp::Gt | RelOp::Ge => {}
        }
        for fact in facts {
            self.axioms.insert(canonical(&fact)?, true);
            self.axioms.insert(canonical(&fact.negated())?, false);
        }
        Ok(())
    }
}

/// The relation as `0 op difference` with op one of `==`, `!=`, `<`, `<=`, coefficients coprime, and for the first two a
/// fixed sign: two spellings of one statement are equal.
pub(super) fn canonical(rel: &Rel) -> Result<(RelOp, Expr), ExprError> {
    let (op, difference) = match rel.op {
        RelOp::Gt => (RelOp::Lt, rel.lhs.try_sub(&rel.rhs)?),
        RelOp::Ge => (RelOp::Le, rel.lhs.try_sub(&rel.rhs)?),
        op => (op, rel.rhs.try_sub(&rel.lhs)?),
    };
    let difference = difference.expand()?;
    let content = difference.content();
    let mut difference = match content {
        0 | 1 => difference,
        n => difference.divided_exactly(n).unwrap_or(difference),
    };
    if matches!(op, RelOp::Eq | RelOp::Ne) && difference.leading_coefficient() < 0 {
        difference = difference.try_neg()?;
    }
    Ok((op, difference))
}
