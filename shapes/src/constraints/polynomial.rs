//! Inequalities in one symbol that are not linear, such as `b*b <= 50` and `b*b > 4*b`.

use std::collections::BTreeMap;

use symbolic::{Bound, Expr, ExprKind, Rel, RelOp, Symbol};

type Bounds = (Option<Bound>, Option<Bound>);

/// The values around the example that satisfy a relation between polynomials; an end that stays open has no bound. No
/// bounds when the sides are not polynomials, or their roots may be too far away to look for.
pub(super) fn bounds(rel: &Rel, symbol: &Symbol, hint: i64) -> Bounds {
    let Some(coefficients) = coefficients(rel) else { return (None, None) };
    let Some((_, leading)) = coefficients.last_key_value() else { return (None, None) };
    let (rises_at_last, leading) = (*leading > 0, *leading);
    // Past 64 bits the highest power decides.
    let beyond = rises_at_last == matches!(rel.op, RelOp::Gt | RelOp::Ge);
    let holds = |n: i64| rel.eval(&|s| (s == symbol).then_some(n)).unwrap_or(beyond);
    if hint < 0 || !holds(hint) {
        return (None, None);
    }
    let bound = |n: i64| Some(Bound::Finite(n.into()));
    // Where all powers pull one way the relation changes at most once.
    if coefficients.iter().filter(|(degree, _)| **degree > 0).all(|(_, c)| (*c > 0) == rises_at_last) {
        let end = |out: i64| (!holds(out)).then(|| last(hint, out, &holds)).and_then(bound);
        return if beyond { (end(0), None) } else { (None, end(i64::MAX)) };
    }
    // No root is larger than Cauchy's bound.
    let largest = coefficients.values().map(|c| c.unsigned_abs()).max().unwrap_or(0);
    let Some(far) = i64::try_from(largest / leading.unsigned_abs() + 2).ok().filter(|n| *n < MAX_STEPS) else {
        return (None, None);
    };
    let low = (0..hint.min(far)).rev().find(|n| !holds(*n)).and_then(|n| bound(n + 1));
    let high = (hint..=far).find(|n| !holds(*n)).and_then(|n| bound(n - 1));
    (low, high)
}

/// How far roots are looked for one by one.
const MAX_STEPS: i64 = 100_000;

/// Whether the bound is where both sides are equal.
pub(super) fn has_integer_root(rel: &Rel, symbol: &Symbol, hint: i64) -> bool {
    let (low, high) = bounds(rel, symbol, hint);
    let ends = [low, high].into_iter().flatten().filter_map(Bound::finite).filter_map(|n| i64::try_from(n).ok());
    let equal = Rel::eq(rel.lhs.clone(), rel.rhs.clone());
    // A strict bound is one beside its root.
    let at = |n: i64| equal.eval(&|s| (s == symbol).then_some(n)).unwrap_or(false);
    ends.into_iter().any(|n| at(n) || at(n.saturating_add(1)) || at(n.saturating_sub(1)))
}

/// The last value towards `out` that still holds.
fn last(mut inside: i64, mut out: i64, holds: &impl Fn(i64) -> bool) -> i64 {
    while inside.abs_diff(out) > 1 {
        let middle = inside.midpoint(out);
        *(if holds(middle) { &mut inside } else { &mut out }) = middle;
    }
    inside
}

/// Degrees of `left - right` with their coefficients, the highest last.
fn coefficients(rel: &Rel) -> Option<BTreeMap<usize, i64>> {
    let difference = rel.lhs.try_sub(&rel.rhs).ok()?.expand().ok()?;
    let mut found = BTreeMap::new();
    for term in difference.terms() {
        let (coefficient, powers) = term.as_coeff_mul();
        let degree = powers.factors().iter().map(degree).sum::<Option<usize>>()?;
        *found.entry(degree).or_insert(0i64) = coefficient;
    }
    Some(found)
}

fn degree(factor: &Expr) -> Option<usize> {
    match factor.kind() {
        ExprKind::Int(1) => Some(0),
        ExprKind::Symbol(_) => Some(1),
        ExprKind::Pow(base, exponent) if base.as_symbol().is_some() => usize::try_from(exponent.as_int()?).ok(),
        _ => None,
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
