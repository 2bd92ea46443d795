//! The two orders of sympy: `compare` sorts arguments, `compare_keys` sorts what is printed.

use std::cmp::Ordering;

use indexmap::IndexSet;

use super::{Case, Expr, ExprKind, Function};

/// Sympy's `Basic.compare`, the order of arguments inside sums and products.
pub(super) fn compare(a: &Expr, b: &Expr) -> Ordering {
    let by_class = class_rank(a).cmp(&class_rank(b));
    if by_class != Ordering::Equal {
        return by_class;
    }
    match (a.kind(), b.kind()) {
        (ExprKind::Int(x), ExprKind::Int(y)) => x.cmp(y),
        (ExprKind::Real(x), ExprKind::Real(y)) => x.0.total_cmp(&y.0),
        (ExprKind::Rational(x), ExprKind::Rational(y)) => x.to_f64().total_cmp(&y.to_f64()),
        (ExprKind::Piecewise(x), ExprKind::Piecewise(y)) => {
            let values = |cases: &[Case]| cases.iter().map(|case| case.value.clone()).collect::<Vec<_>>();
            x.len().cmp(&y.len()).then_with(|| lexicographic(&values(x), &values(y), compare))
        }
        (ExprKind::Symbol(x), ExprKind::Symbol(y)) => x.compare(y),
        (ExprKind::Pow(xb, xe), ExprKind::Pow(yb, ye)) => compare(xb, yb).then_with(|| compare(xe, ye)),
        (ExprKind::Add(x), ExprKind::Add(y))
        | (ExprKind::Mul(x), ExprKind::Mul(y))
        | (ExprKind::Apply(_, x), ExprKind::Apply(_, y)) => {
            x.len().cmp(&y.len()).then_with(|| lexicographic(x, y, compare))
        }
        _ => Ordering::Equal,
    }
}

/// Rank in sympy's `ordering_of_classes`; functions it does not know come last, by name.
fn class_rank(e: &Expr) -> (u8, &'static str) {
    match e.kind() {
        ExprKind::Int(0) => (0, ""),
        ExprKind::Int(1) => (1, ""),
        ExprKind::Int(-1) => (2, ""),
        ExprKind::Int(_) => (3, ""),
        ExprKind::Rational(_) => (4, ""),
        ExprKind::Real(_) => (5, ""),
        ExprKind::Symbol(_) => (6, ""),
        ExprKind::Pow(..) => (7, ""),
        ExprKind::Mul(_) => (8, ""),
        ExprKind::Add(_) => (9, ""),
        ExprKind::Piecewise(_) => (10, ""),
        ExprKind::Apply(f, _) => (11, f.name()),
    }
}

fn lexicographic(a: &[Expr], b: &[Expr], by: impl Fn(&Expr, &Expr) -> Ordering) -> Ordering {
    a.iter().zip(b).map(|(x, y)| by(x, y)).find(|o| *o != Ordering::Equal).unwrap_or_else(|| a.len().cmp(&b.len()))
}

/// Sympy's `ordered`: smaller trees first. The order in which `Max` and `Min` keep their arguments.
pub(super) fn compare_sizes(a: &Expr, b: &Expr) -> Ordering {
    size(a).cmp(&size(b)).then_with(|| compare_keys(a, b))
}

/// Twice the number of nodes of its tree: sympy counts a float as a half.
pub(crate) fn size(e: &Expr) -> usize {
    let mut size = 0;
    e.visit(&mut |part| size += if matches!(part.kind(), ExprKind::Real(_)) { 1 } else { 2 });
    size
}

/// Sympy's `default_sort_key`, compared without building it.
pub(crate) fn compare_keys(a: &Expr, b: &Expr) -> Ordering {
    if let (Some(x), Some(y)) = (number(a), number(b)) {
        return x.total_cmp(&y);
    }
    let (ca, ra) = coefficient(a);
    let (cb, rb) = coefficient(b);
    let ((ra, ea), (rb, eb)) = (base_exponent(&ra), base_exponent(&rb));
    class_key(&ra)
        .cmp(&class_key(&rb))
        .then_with(|| compare_key_args(&ra, &rb))
        .then_with(|| compare_keys(&ea, &eb))
        .then_with(|| ca.total_cmp(&cb))
}

fn number(e: &Expr) -> Option<f64> {
    match e.kind() {
        ExprKind::Int(n) => Some(*n as f64),
        ExprKind::Rational(x) => Some(x.to_f64()),
        ExprKind::Real(x) => Some(x.0),
        _ => None,
    }
}

fn coefficient(e: &Expr) -> (f64, Expr) {
    if let ExprKind::Mul(factors) = e.kind()
        && let [first, rest @ ..] = factors.as_slice()
        && let ExprKind::Rational(ratio) = first.kind()
        && let Ok(rest) = Expr::product(rest.iter().cloned())
    {
        return (ratio.to_f64(), rest);
    }
    let (c, rest) = e.as_coeff_mul();
    if e.is_number() { (1.0, e.clone()) } else { (c as f64, rest) }
}

fn base_exponent(e: &Expr) -> (Expr, Expr) {
    match e.kind() {
        ExprKind::Pow(base, exponent) => (base.clone(), exponent.clone()),
        _ => (e.clone(), Expr::int(1)),
    }
}

fn class_key(e: &Expr) -> (u8, u32, &'static str) {
    match e.kind() {
        ExprKind::Int(_) | ExprKind::Rational(_) | ExprKind::Real(_) => (1, 0, "Number"),
        ExprKind::Symbol(_) => (2, 0, "Symbol"),
        ExprKind::Mul(_) => (3, 0, "Mul"),
        ExprKind::Add(_) => (3, 1, "Add"),
        ExprKind::Pow(..) => (3, 2, "Pow"),
        ExprKind::Apply(f @ (Function::Max | Function::Min), _) => (5, 0, f.name()),
        ExprKind::Piecewise(_) => (4, 10_000, "Piecewise"),
        ExprKind::Apply(f, _) => (4, 10_000, f.name()),
    }
}

fn compare_key_args(a: &Expr, b: &Expr) -> Ordering {
    match (a.kind(), b.kind()) {
        (ExprKind::Symbol(x), ExprKind::Symbol(y)) => x.name().cmp(y.name()),
        _ => {
            let (x, y) = (key_args(a), key_args(b));
            x.len().cmp(&y.len()).then_with(|| lexicographic(&x, &y, compare_keys))
        }
    }
}

fn key_args(e: &Expr) -> Vec<Expr> {
    match e.kind() {
        ExprKind::Add(_) => ordered_terms(e),
        ExprKind::Mul(_) => ordered_factors(e),
        _ => e.args(),
    }
}

/// Factors of a product as printed: sympy's `as_ordered_factors`.
pub(crate) fn ordered_factors(e: &Expr) -> Vec<Expr> {
    let mut factors = e.factors().to_vec();
    // A negative coefficient shows as -1 and its absolute value.
    if let [first, _, ..] = factors.as_slice()
        && let Some(c) = first.as_int()
        && c < -1
        && let Some(positive) = c.checked_neg()
    {
        factors.splice(0..1, [Expr::int(-1), Expr::int(positive)]);
    }
    factors.sort_by(compare_keys);
    factors
}

/// Terms of a sum as printed: sympy's `as_ordered_terms`, decreasing exponents over sorted generators.
pub(crate) fn ordered_terms(e: &Expr) -> Vec<Expr> {
    let ExprKind::Add(terms) = e.kind() else { return vec![e.clone()] };
    if let [constant, product] = terms.as_slice()
        && constant.as_int().is_some_and(|c| c > 0)
        && let ExprKind::Mul(factors) = product.kind()
        && let [c, _] = factors.as_slice()
        && c.as_int().is_some_and(|c| c < 0)
    {
        return terms.clone();
    }
    let split: Vec<Vec<(Expr, i64)>> = terms.iter().map(powers).collect();
    let mut generators: IndexSet<&Expr> = split.iter().flatten().map(|(base, _)| base).collect();
    generators.sort_by(|x, y| compare_keys(x, y));
    // The exponents of all generators would be a square of numbers, nearly all 0: only the others are kept.
    let mut keyed: Vec<(Vec<(usize, i64)>, &Expr)> = split
        .iter()
        .zip(terms)
        .map(|(powers, term)| {
            let place = |(base, exponent): &(Expr, i64)| Some((generators.get_index_of(base)?, *exponent));
            let mut exponents: Vec<(usize, i64)> = powers.iter().filter_map(place).collect();
            exponents.sort_by_key(|(place, _)| *place);
            exponents.dedup_by_key(|(place, _)| *place);
            exponents.retain(|(_, exponent)| *exponent != 0);
            (exponents, term)
        })
        .collect();
    keyed.sort_by(|(x, _), (y, _)| compare_exponents(y, x));
    keyed.into_iter().map(|(_, term)| term.clone()).collect()
}

/// Compares lists of exponents that have those that are not 0, by their places.
fn compare_exponents(x: &[(usize, i64)], y: &[(usize, i64)]) -> Ordering {
    let (mut xs, mut ys) = (x.iter().peekable(), y.iter().peekable());
    loop {
        let order = match (xs.peek(), ys.peek()) {
            (None, None) => return Ordering::Equal,
            (Some((_, e)), None) => e.cmp(&0),
            (None, Some((_, e))) => 0.cmp(e),
            (Some((i, e)), Some((j, _))) if i < j => e.cmp(&0),
            (Some((i, _)), Some((j, e))) if i > j => 0.cmp(e),
            (Some((_, a)), Some((_, b))) => a.cmp(b),
        };
        if order != Ordering::Equal {
            return order;
        }
        xs.next();
        ys.next();
    }
}

/// A term as generators with their exponents, literal factors dropped.
fn powers(term: &Expr) -> Vec<(Expr, i64)> {
    let split = |f: &Expr| match f.kind() {
        ExprKind::Pow(base, exponent) => match exponent.as_int() {
            Some(n) => (base.clone(), n),
            None => {
                let (c, rest) = exponent.as_coeff_mul();
                (Expr::raw(ExprKind::Pow(base.clone(), rest)), c)
            }
        },
        _ => (f.clone(), 1),
    };
    term.factors().iter().filter(|f| !f.is_number()).map(split).collect()
}
