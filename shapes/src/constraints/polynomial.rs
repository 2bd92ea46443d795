//! Inequalities in one symbol that are not linear, such as `b*b <= 50`.

use crate::expr::{Expr, Symbol};
use crate::range::Bound;
use crate::rel::{Rel, RelOp};

type Bounds = (Option<Bound>, Option<Bound>);

/// The values around the example that satisfy the relation, where it changes at most once: all powers of the symbol on
/// one sign. No bounds where it may change more often, or nowhere.
pub(super) fn bounds(rel: &Rel, symbol: &Symbol, hint: i64) -> Bounds {
    let Some(rising) = rises(rel) else { return (None, None) };
    // Past 64 bits the highest power decides.
    let beyond = rising == matches!(rel.op, RelOp::Gt | RelOp::Ge);
    let holds = |n: i64| rel.eval(&|s| (s == symbol).then_some(n)).unwrap_or(beyond);
    if !holds(hint) {
        return (None, None);
    }
    let end = |out: i64| (!holds(out)).then(|| Bound::Finite(last(hint, out, &holds).into()));
    match beyond {
        true => (end(0), None),
        false => (None, end(i64::MAX)),
    }
}

/// The last value towards `out` that still holds.
fn last(mut inside: i64, mut out: i64, holds: &impl Fn(i64) -> bool) -> i64 {
    while inside.abs_diff(out) > 1 {
        let middle = inside.midpoint(out);
        *(if holds(middle) { &mut inside } else { &mut out }) = middle;
    }
    inside
}

/// Whether `left - right` rises (`true`) or falls with the symbol, which is not negative.
fn rises(rel: &Rel) -> Option<bool> {
    let difference = rel.lhs.try_sub(&rel.rhs).ok()?.expand().ok()?;
    let mut signs = difference.terms().iter().filter(|t| !t.is_number()).map(|term| {
        let (coefficient, powers) = term.as_coeff_mul();
        powers.factors().iter().all(is_power).then_some(coefficient > 0)
    });
    let first = signs.next()??;
    signs.all(|sign| sign == Some(first)).then_some(first)
}

fn is_power(factor: &Expr) -> bool {
    match factor.kind() {
        crate::expr::ExprKind::Pow(base, exponent) => base.as_symbol().is_some() && exponent.as_int().is_some_and(|n| n > 0),
        _ => factor.as_symbol().is_some(),
    }
}

/// The bounds that the number on one side sets to the other side, whatever that is.
pub(super) fn as_written(rel: &Rel) -> Option<Bounds> {
    let (op, n) = match (rel.lhs.as_int(), rel.rhs.as_int()) {
        (_, Some(n)) => (rel.op, i128::from(n)),
        (Some(n), _) => (rel.op.mirrored(), i128::from(n)),
        _ => return None,
    };
    Some(match op {
        RelOp::Le => (None, Some(Bound::Finite(n))),
        RelOp::Lt => (None, Some(Bound::Finite(n - 1))),
        RelOp::Ge => (Some(Bound::Finite(n)), None),
        RelOp::Gt => (Some(Bound::Finite(n + 1)), None),
        RelOp::Eq | RelOp::Ne => return None,
    })
}
