//! The expressions that are tried, the simplest first.

use indexmap::IndexMap;
use symbolic::{Expr, ExprError};

/// The sizes that can explain an integer: symbols, with their value in every sample.
///
/// Symbols with the same value in every sample cannot be distinguished; only the first of them is used.
#[derive(Clone, Debug, Default)]
pub(crate) struct Basis {
    symbols: Vec<(Expr, Vec<i64>)>,
}

/// The divisors of the floor divisions that are tried.
const DIVISORS: std::ops::RangeInclusive<i64> = 2..=16;

impl Basis {
    /// Adds a symbol with its value in each sample.
    pub(crate) fn add(&mut self, symbol: Expr, values: Vec<i64>) {
        let constant = values.windows(2).all(|pair| pair[0] == pair[1]);
        if !constant && !self.symbols.iter().any(|(_, known)| *known == values) {
            self.symbols.push((symbol, values));
        }
    }

    /// The simplest expression that gives `seen`, one number per sample: a constant, a symbol, an affine expression, a
    /// product, a floor division, a multiple rounded up, a minimum or maximum. `None` if none fits.
    pub(crate) fn solve(&self, seen: &[i64]) -> Result<Option<Expr>, ExprError> {
        let Some(first) = seen.first() else { return Ok(None) };
        if seen.iter().all(|v| v == first) {
            return Ok(Some(Expr::int(*first)));
        }
        for (symbol, values) in &self.symbols {
            if values == seen {
                return Ok(Some(symbol.clone()));
            }
        }
        let features = self.features()?;
        // A multiple of a product has one coefficient, a sum of two sizes has three. A few samples of a product often fit a
        // sum by chance, so products come first.
        for (expr, values) in &features[self.symbols.len()..] {
            if let Some(factor) = factor(values, seen) {
                return expr.try_mul(&Expr::int(factor)).map(Some);
            }
        }
        // Plain sizes before products, and few terms before many: the simplest expression wins.
        let plain = self.symbols.len();
        for (count, terms) in [(1, plain), (2, plain), (1, features.len()), (3, plain), (2, features.len())] {
            if let Some(found) = affine(&features[..terms], count, seen)? {
                return Ok(Some(found));
            }
        }
        if let Some(found) = rounded(&features, seen)? {
            return Ok(Some(found));
        }
        self.extremum(seen)
    }

    /// The same integer in terms of sizes among `near`, if one of them had a fixed distance from a size in `expr` in every
    /// run. If `x` and `y - 1` were always equal, the expression uses the size that the op itself takes.
    pub(crate) fn nearest(&self, expr: Expr, near: &[Vec<i64>]) -> Result<Expr, ExprError> {
        let mut with = IndexMap::new();
        for symbol in expr.free_symbols() {
            let Some((_, values)) = self.symbols.iter().find(|(e, _)| e.as_symbol() == Some(&symbol)) else { continue };
            let gap = |other: &Feature| {
                let mut gaps = values.iter().zip(&other.1).map(|(a, b)| a.checked_sub(*b));
                let first = gaps.next()??;
                gaps.all(|gap| gap == Some(first)).then(|| (other.0.clone(), first))
            };
            let known = |values: &Vec<i64>| near.contains(values);
            if let Some((other, gap)) = self.symbols.iter().filter(|s| !known(values) && known(&s.1)).find_map(gap) {
                with.insert(symbol, other.try_add(&Expr::int(gap))?);
            }
        }
        if with.is_empty() { Ok(expr) } else { expr.substitute(&with) }
    }

    /// The symbols, then the products of two and of three of them.
    fn features(&self) -> Result<Vec<(Expr, Vec<i64>)>, ExprError> {
        let mut features = self.symbols.clone();
        let mut previous: Vec<(usize, Expr, Vec<i64>)> =
            self.symbols.iter().enumerate().map(|(i, (e, v))| (i, e.clone(), v.clone())).collect();
        for _ in 0..2 {
            let mut next = Vec::new();
            for (last, expr, values) in &previous {
                for (j, (symbol, sizes)) in self.symbols.iter().enumerate().skip(*last) {
                    let product = values.iter().zip(sizes).map(|(a, b)| a.checked_mul(*b)).collect::<Option<Vec<_>>>();
                    let Some(product) = product else { continue };
                    next.push((j, expr.try_mul(symbol)?, product));
                }
                if next.len() > 400 {
                    break;
                }
            }
            features.extend(next.iter().map(|(_, e, v)| (e.clone(), v.clone())));
            previous = next;
        }
        Ok(features)
    }

    /// `Max` or `Min` of two symbols, or of a symbol and a number.
    fn extremum(&self, seen: &[i64]) -> Result<Option<Expr>, ExprError> {
        for (symbol, values) in &self.symbols {
            let numbers = seen.iter().zip(values).filter(|(s, v)| s != v).map(|(s, _)| *s).collect::<Vec<_>>();
            let number = numbers.first().copied().filter(|n| numbers.iter().all(|m| m == n));
            let others = self.symbols.iter().map(|(e, v)| (e.clone(), v.clone()));
            let number = number.map(|n| (Expr::int(n), vec![n; seen.len()]));
            for (other, sizes) in others.chain(number) {
                let both = || values.iter().zip(&sizes);
                if both().map(|(a, b)| *a.max(b)).eq(seen.iter().copied()) {
                    return Expr::max_of([symbol.clone(), other]).map(Some);
                }
                if both().map(|(a, b)| *a.min(b)).eq(seen.iter().copied()) {
                    return Expr::min_of([symbol.clone(), other]).map(Some);
                }
            }
        }
        Ok(None)
    }
}

/// The positive integer `k` with `k * values == seen` in every sample.
fn factor(values: &[i64], seen: &[i64]) -> Option<i64> {
    let factor = seen.first()?.checked_div(*values.first()?)?;
    let fits = |(v, s): (&i64, &i64)| v.checked_mul(factor) == Some(*s);
    (factor > 0 && values.iter().zip(seen).all(fits)).then_some(factor)
}

type Feature = (Expr, Vec<i64>);

/// An affine combination of exactly `count` features with integer coefficients, found by elimination.
///
/// It needs one sample more than it has unknowns, since otherwise some combination always fits.
fn affine(features: &[Feature], count: usize, seen: &[i64]) -> Result<Option<Expr>, ExprError> {
    if seen.len() < count + 2 {
        return Ok(None);
    }
    let mut chosen: Vec<usize> = (0..count).collect();
    if count > features.len() {
        return Ok(None);
    }
    loop {
        let columns: Vec<&[i64]> = chosen.iter().map(|i| features[*i].1.as_slice()).collect();
        if let Some(coefficients) = fit(&columns, seen) {
            let terms = chosen.iter().zip(&coefficients).map(|(i, c)| features[*i].0.try_mul(&Expr::int(*c)));
            let constant = coefficients.last().copied().unwrap_or_default();
            let terms = terms.collect::<Result<Vec<_>, _>>()?;
            return Expr::sum(terms.into_iter().chain([Expr::int(constant)])).map(Some);
        }
        // The next combination in lexicographic order.
        let Some(k) = (0..count).rev().find(|k| chosen[*k] < features.len() - count + k) else { return Ok(None) };
        chosen[k] += 1;
        for later in k + 1..count {
            chosen[later] = chosen[later - 1] + 1;
        }
    }
}

/// The integer coefficients, the constant last, with which the columns give `seen` in every sample. Only the constant may
/// be zero. The elimination is exact.
fn fit(columns: &[&[i64]], seen: &[i64]) -> Option<Vec<i64>> {
    let unknowns = columns.len() + 1;
    let row = |r: usize| {
        let mut row: Vec<i128> = columns.iter().map(|c| i128::from(c[r])).collect();
        row.extend([1, i128::from(seen[r])]);
        row
    };
    // Fraction-free elimination on all samples; inconsistent and underdetermined systems are rejected.
    let mut rows: Vec<Vec<i128>> = (0..seen.len()).map(row).collect();
    for pivot in 0..unknowns {
        let at = (pivot..rows.len()).find(|r| rows[*r][pivot] != 0)?;
        rows.swap(pivot, at);
        let base = rows[pivot].clone();
        for (r, row) in rows.iter_mut().enumerate() {
            if r == pivot || row[pivot] == 0 {
                continue;
            }
            let factor = row[pivot];
            for (cell, from) in row.iter_mut().zip(&base) {
                *cell = cell.checked_mul(base[pivot])?.checked_sub(from.checked_mul(factor)?)?;
            }
            reduce(row);
        }
    }
    if rows[unknowns..].iter().any(|row| row[unknowns] != 0) {
        return None;
    }
    let solution = (0..unknowns).map(|k| {
        let (value, by) = (rows[k][unknowns], rows[k][k]);
        (value % by == 0).then(|| i64::try_from(value / by).ok()).flatten()
    });
    let solution = solution.collect::<Option<Vec<_>>>()?;
    solution[..columns.len()].iter().all(|c| *c != 0).then_some(solution)
}

/// Divides a row by its greatest common divisor, so that the numbers stay small.
fn reduce(row: &mut [i128]) {
    let gcd = row.iter().fold(0_i128, |mut a, b| {
        let mut b = b.abs();
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a
    });
    if gcd > 1 {
        row.iter_mut().for_each(|cell| *cell /= gcd);
    }
}

/// The form of a rounded expression. A form with fewer coefficients is less likely to fit by chance.
#[derive(Clone, Copy)]
enum Form {
    /// `(x + b) // k`
    Quotient,
    /// `k * ((x + b) // k)`: a multiple of `k`.
    Multiple,
    /// `(a*x + b) // k`
    Scaled,
    /// `c * ((a*x + b) // k) + d`
    Free,
}

/// A floor division of a size. Simpler forms are tried on every size before the next form.
fn rounded(features: &[Feature], seen: &[i64]) -> Result<Option<Expr>, ExprError> {
    for form in [Form::Quotient, Form::Multiple, Form::Scaled, Form::Free] {
        for (symbol, values) in features {
            for k in DIVISORS {
                let scales = if matches!(form, Form::Scaled | Form::Free) { 1..k.min(5) } else { 1..2 };
                for (scale, shift) in scales.flat_map(|scale| shifts(k).map(move |shift| (scale, shift))) {
                    let floor = |v: i64| v.checked_mul(scale)?.checked_add(shift).map(|v| v.div_euclid(k));
                    let Some(floors) = values.iter().map(|v| floor(*v)).collect::<Option<Vec<_>>>() else { continue };
                    let Some((times, plus)) = form.fit(k, &floors, seen) else { continue };
                    let inner = Expr::sum([symbol.try_mul(&Expr::int(scale))?, Expr::int(shift)])?;
                    let floor = inner.floor_div(&Expr::int(k))?;
                    return Expr::sum([floor.try_mul(&Expr::int(times))?, Expr::int(plus)]).map(Some);
                }
            }
        }
    }
    Ok(None)
}

/// The numbers that are added before a division by `k`: 0, then `k - 1` (which rounds up), then the others.
fn shifts(k: i64) -> impl Iterator<Item = i64> {
    [0, k - 1].into_iter().chain(1..k - 1).chain((1..=k).map(|shift| -shift)).chain([k])
}

impl Form {
    /// The factor and the constant with which the floors give `seen`, as far as the form has them.
    fn fit(self, k: i64, floors: &[i64], seen: &[i64]) -> Option<(i64, i64)> {
        let moves = floors.windows(2).any(|pair| pair[0] != pair[1]);
        let gives = |times: i64| floors.iter().map(|f| f.checked_mul(times)).eq(seen.iter().map(|v| Some(*v)));
        match self {
            Form::Quotient | Form::Scaled => (moves && gives(1)).then_some((1, 0)),
            Form::Multiple => (moves && gives(k)).then_some((k, 0)),
            // There are two unknowns and the choice of size, divisor and shift, so more samples are needed.
            Form::Free if moves && seen.len() > 4 => match fit(&[floors], seen)?[..] {
                [times, plus] => Some((times, plus)),
                _ => None,
            },
            Form::Free => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    const B: [i64; 6] = [2, 7, 17, 29, 41, 6];
    const S: [i64; 6] = [3, 11, 19, 31, 43, 5];
    const P: [i64; 6] = [5, 13, 23, 37, 47, 9];

    fn solve(f: impl Fn(i64, i64, i64) -> i64) -> String {
        let mut basis = Basis::default();
        for (name, values) in [("s1", B), ("s2", S), ("s3", P)] {
            basis.add(Expr::size(name), values.to_vec());
        }
        let seen: Vec<i64> = (0..6).map(|i| f(B[i], S[i], P[i])).collect();
        basis.solve(&seen).unwrap().map_or("?".to_owned(), |e| e.to_string())
    }

    #[test]
    fn every_form() {
        assert_eq!(solve(|_, _, _| 8), "8");
        assert_eq!(solve(|b, _, _| b), "s1");
        assert_eq!(solve(|b, _, _| 2 * b + 1), "2*s1 + 1");
        assert_eq!(solve(|_, s, p| s + p), "s2 + s3");
        assert_eq!(solve(|b, s, p| 3 * b - s + 2 * p - 4), "3*s1 - s2 + 2*s3 - 4");
        assert_eq!(solve(|b, s, _| b * s), "s1*s2");
        assert_eq!(solve(|b, s, p| b * s + p), "s1*s2 + s3");
        assert_eq!(solve(|b, s, p| b * s * p), "s1*s2*s3");
        assert_eq!(solve(|b, _, _| b / 2), "(s1//2)");
        assert_eq!(solve(|b, s, _| b * s / 2), "((s1*s2)//2)");
        assert_eq!(solve(|_, s, _| (s + 7) / 8 * 8), "8*(((s2 + 7)//8))");
        assert_eq!(solve(|b, s, _| b.max(s)), "Max(s1, s2)");
        assert_eq!(solve(|b, _, _| b.min(16)), "Min(16, s1)");
    }

    #[test]
    fn an_integer_without_an_expression_is_not_solved() {
        assert_eq!(solve(|b, s, p| b * 31 % 7 + s * p % 5), "?");
    }

    #[test]
    fn two_samples_are_not_enough() {
        let mut basis = Basis::default();
        basis.add(Expr::size("s1"), vec![2, 3]);
        assert_eq!(basis.solve(&[5, 7]).unwrap(), None);
    }
}
