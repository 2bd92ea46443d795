//! Points that are asked of an expression with remainders, minima or maxima: those at which another expression, which
//! agrees with it nearly everywhere, would show.

use std::rc::Rc;

use symbolic::arith::gcd;

use super::borders::{Border, Ratio};
use super::certify::Judge;
use super::domain::{Domain, Random, TOP};
use super::form::{Form, Op};
use super::sum::Sum;

/// How far constants are moved. An inner quotient of which only the first jump matters is the same with many divisors:
/// `Min(x//140, x % 2)` is `Min(x//160, x % 2)` but for ten sizes.
const FAR: [i64; 14] = [128, 96, 64, 48, 32, 24, 20, 16, 12, 8, 6, 4, 3, 2];

/// So many constants that no sample tells from the right one are compared with it at all places.
const ALIKE: usize = 24;

/// How many of the sizes along which values are compared are asked, at each end.
const LOWEST: usize = 28;
const HIGHEST: usize = 16;

/// Sizes in a row that are looked through for extreme values. It is more than 7 periods of 64, so that the remainders by 64
/// meet all those by smaller numbers.
const WINDOW: i64 = 460;
/// The most sizes in a row, for expressions whose remainders meet rarely.
const FAR_WINDOW: i64 = 6000;

/// The divisors of quotients that are compared with others.
const DIVISORS: [i64; 34] = [
    2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 24, 25, 28, 30, 32, 40, 48, 50, 56, 64, 80, 96,
    100, 128, 160,
];

/// So many points next to the edge of the space are looked for. The first are asked, and rows from some of them.
const EDGE: usize = 32;
const AT_EDGE: usize = 6;
const ROWS: usize = 32;

/// So many of the smallest sizes are looked through for those that divide each other, and so many points are asked.
const SQUARE: i64 = 40;
const RATIOS: usize = 120;
const FAR_RATIOS: usize = 40;

/// So many places where a border inside of a quotient is crossed are looked through, with so many sizes in a row.
const INNER: usize = 4;
const IN_A_ROW: i64 = 160;

impl Judge<'_, '_> {
    /// Whether a likely candidate also holds at the points of this file. False once the budget is used up.
    pub(super) fn beyond_doubt(&self, form: &Form) -> bool {
        self.edges(form)
            && self.distant(form)
            && self.inner_borders(form)
            && self.ratios(form)
            && self.extremes(form)
            && self.counted(form)
            && !self.target.exhausted()
    }

    /// Where expressions with other constants differ, if all that is known agrees with these constants as well.
    fn distant(&self, form: &Form) -> bool {
        if !form.is_folded() {
            return true;
        }
        let moved = FAR.into_iter().flat_map(|by| form.with_moved_numbers(&[by, -by]));
        let rivals = moved.chain(form.with_other_quotients());
        let domain = self.target.domain;
        let rows = domain.rows(1, FAR_WINDOW);
        let places: Vec<&Vec<i64>> = rows.iter().chain(domain.some_places()).collect();
        let values: Vec<Option<i64>> = places.iter().map(|place| form.at(place)).collect();
        let mut samples = self.target.samples();
        let mut alike = 0;
        for rival in rivals {
            if let Some(at) = samples.iter().position(|(p, v)| rival.at(p) != Some(*v)) {
                // What refutes one of them often refutes the next one.
                samples.swap(0, at);
                continue;
            }
            if let Some((place, value)) = places.iter().zip(&values).find(|(place, value)| rival.at(place) != **value) {
                if !self.agrees(form, place) {
                    return false;
                }
                samples.extend(value.map(|value| (place.to_vec(), value)));
            }
            alike += 1;
            if alike == ALIKE {
                break;
            }
        }
        true
    }

    /// Where the expression, or a part of it, is least or greatest among small sizes. What is hidden by a maximum shows
    /// where the other side is least: `Max(x % 7, 2*y + x % 64)` is its second side but for seven sizes of `x` below 448,
    /// with the least `y`.
    fn extremes(&self, form: &Form) -> bool {
        if !form.is_folded() {
            return true;
        }
        let domain = self.target.domain;
        let mut pool = domain.rows(4, WINDOW);
        let period = form.period();
        if period > WINDOW / 2 {
            pool.extend(domain.rows(1, (period + WINDOW).min(FAR_WINDOW)));
        }
        form.folds().into_iter().all(|part| {
            let mut ranked: Vec<(i64, u64, &Vec<i64>)> = Vec::new();
            let mut random = Random::new(0xEE7);
            ranked.extend(pool.iter().filter_map(|point| Some((part.at(point)?, random.next(), point))));
            ranked.sort_unstable();
            let (least, most) = (ranked.iter().take(LOWEST), ranked.iter().rev().take(HIGHEST));
            least.chain(most).all(|(_, _, point)| self.agrees(form, point))
        })
    }

    /// Next to the edge of the space, and everywhere in a space with guards: a guard that stands a few sizes beyond the right
    /// place excludes less than it should, and a quotient or remainder around it hides that at most points.
    fn edges(&self, form: &Form) -> bool {
        let domain = self.target.domain;
        // Nothing hides the end of a declared range from a polynomial.
        if domain.guards.is_empty() && form.borders().is_empty() {
            return true;
        }
        let edge = domain.edge();
        let places: &[Vec<i64>] = if edge.is_empty() { &[] } else { domain.some_places() };
        edge.iter().take(2 * AT_EDGE).all(|(_, point)| self.agrees(form, point))
            && form.borders().iter().filter_map(|border| border.division()).all(|(numerator, k)| {
                let rows = edge.iter().take(ROWS).map(|(at, point)| domain.row(point, *at, k));
                self.about_to_jump(form, (numerator, k), rows, 1)
                    && self.about_to_jump(form, (numerator, k), std::iter::once(places.to_vec()), AT_EDGE)
            })
    }

    /// Where a size is a multiple of another one that divides it, or one less. Among small sizes these are few of all points,
    /// and a guard may leave only small ones. Among larger ones a numerator may be off by as little as one.
    fn ratios(&self, form: &Form) -> bool {
        let ratios: Vec<Ratio<'_>> = form.borders().iter().filter_map(|border| border.ratio()).collect();
        if ratios.is_empty() {
            return true;
        }
        let square = self.target.domain.squares();
        ratios.iter().all(|(numerator, divisor)| {
            let jumps = |point: &&Vec<i64>| {
                let (n, d) = (numerator.at(point)?, divisor.at(point).filter(|d| *d > 0)?);
                Some(n >= d - 1 && (n.rem_euclid(d) == 0 || n.rem_euclid(d) == d - 1))
            };
            let near = square.iter().filter(|point| jumps(point) == Some(true));
            let far = self.target.domain.some_places().iter().filter(|point| jumps(point) == Some(true));
            near.take(RATIOS).chain(far.take(FAR_RATIOS)).all(|point| self.agrees(form, point))
        })
    }

    /// Next to the borders inside of a quotient or remainder.
    fn inner_borders(&self, form: &Form) -> bool {
        let domain = self.target.domain;
        form.borders().iter().filter_map(|border| border.division()).all(|(numerator, k)| {
            numerator.borders().iter().all(|inner| {
                let near = domain.beside(inner);
                let rows = near.iter().map(|(at, point)| domain.row(point, *at, k));
                self.about_to_jump(form, (numerator, k), rows, 1)
            })
        })
    }

    /// Those points of each row, so many at each end, at which a quotient or remainder is about to jump or has just jumped.
    fn about_to_jump(
        &self,
        form: &Form,
        (numerator, k): (&Form, i64),
        rows: impl Iterator<Item = Vec<Vec<i64>>>,
        each: usize,
    ) -> bool {
        let over = |point: &Vec<i64>| Some(numerator.at(point)?.rem_euclid(k.max(1)));
        let mut random = Random::new(0x1A57);
        rows.into_iter().all(|row| {
            let ranked = row.iter().filter_map(|point| Some((over(point)?, random.next(), point)));
            let mut ranked: Vec<(i64, u64, &Vec<i64>)> = ranked.collect();
            ranked.sort_unstable();
            let (least, most) = (ranked.iter().take(each), ranked.iter().rev().take(each));
            least.chain(most).all(|(_, _, point)| self.agrees(form, point))
        })
    }
}

impl Form {
    /// Whether there is a remainder, a minimum or a maximum in the expression.
    fn is_folded(&self) -> bool {
        match self {
            Form::Int(_) | Form::Variable(_) => false,
            Form::Part(form) => form.is_folded(),
            Form::Binary(op, x, y) => matches!(op, Op::Mod | Op::Min | Op::Max) || x.is_folded() || y.is_folded(),
        }
    }

    /// The number of sizes after which all remainders by numbers are the same again.
    fn period(&self) -> i64 {
        let Form::Binary(op, x, y) = self else { return 1 };
        let (left, right) = (x.period(), y.period());
        let both = |a: i64, b: i64| a / i64::try_from(gcd(a.into(), b.into())).unwrap_or(1).max(1) * b;
        let own = match (op, &**y) {
            (Op::Mod, Form::Int(k)) => (*k).clamp(1, FAR_WINDOW),
            _ => 1,
        };
        both(both(left, right).clamp(1, FAR_WINDOW), own).clamp(1, FAR_WINDOW)
    }

    /// Expressions that differ from this one in one quotient, which has another divisor and nearly the same slope:
    /// `(53*x)//100` and `(26*x - 1)//49` are the same up to 65.
    fn with_other_quotients(&self) -> Vec<Form> {
        let Form::Binary(op, x, y) = self else { return Vec::new() };
        let mut found: Vec<Form> = Vec::new();
        if let (Op::Div, Form::Int(k)) = (op, &**y)
            && *k > 1
        {
            let Some(sum) = Sum::of(x) else { return Vec::new() };
            for other in DIVISORS.into_iter().filter(|other| other != k) {
                let scaled = |factor: i64| {
                    let twice = factor.checked_mul(2 * other)?.checked_add(*k)?;
                    Some(twice.div_euclid(2 * k))
                };
                let terms: Option<Vec<(i64, Form)>> =
                    sum.terms.iter().map(|(factor, term)| Some((scaled(*factor)?, term.clone()))).collect();
                let Some(terms) = terms.filter(|terms| terms.iter().all(|(factor, _)| *factor != 0)) else { continue };
                let whole = Sum { terms, number: 0 }.write();
                let Some(least) = sum.number.div_euclid(*k).checked_mul(other) else { continue };
                found.extend(
                    (-1..=other)
                        .map(|c| Form::new(Op::Div, whole.clone().plus(least.saturating_add(c)), Form::Int(other))),
                );
            }
        }
        let left = x.with_other_quotients().into_iter().map(|x| Form::Binary(*op, x.into(), Rc::clone(y)));
        let right = y.with_other_quotients().into_iter().map(|y| Form::Binary(*op, Rc::clone(x), y.into()));
        found.extend(left.chain(right));
        found
    }

    /// The expression and its parts that are sides of a minimum or maximum, or a numerator, each once.
    fn folds(&self) -> Vec<&Form> {
        let mut found = vec![self];
        self.collect_folds(&mut found);
        found
    }

    fn collect_folds<'f>(&'f self, found: &mut Vec<&'f Form>) {
        let Form::Binary(op, x, y) = self else { return };
        for side in [&**x, &**y] {
            let tells = matches!(op, Op::Min | Op::Max | Op::Mod | Op::Div) && matches!(side, Form::Binary(..));
            if tells && !found.contains(&side) {
                found.push(side);
            }
            side.collect_folds(found);
        }
    }
}

impl Domain {
    /// Rows of sizes that follow each other, while another size is one of its `few` smallest and the others are the smallest.
    fn rows(&self, few: usize, window: i64) -> Vec<Vec<i64>> {
        let lows: Vec<i64> = self.variables.iter().map(|v| v.low).collect();
        let count = lows.len();
        let pairs = (0..count).flat_map(|i| (0..count).map(move |j| (i, j))).filter(|(i, j)| i != j || count == 1);
        let mut found = Vec::new();
        for (i, j) in pairs.take(6) {
            for steps in [0, 1, 2, 4].into_iter().take(few) {
                for k in 0..window {
                    let mut point = lows.clone();
                    for (at, steps) in [(i, steps), (j, k)] {
                        let step = self.variables.get(at).map_or(1, |v| v.step);
                        point.iter_mut().skip(at).take(1).for_each(|x| *x += steps * step);
                    }
                    if self.contains(&point) {
                        found.push(point);
                    }
                }
            }
        }
        found
    }

    /// All pairs of small values of two sizes, the others as in the example. The smallest come first.
    fn squares(&self) -> Vec<Vec<i64>> {
        let example = self.example();
        let count = example.len();
        let pairs = (0..count).flat_map(|i| (i + 1..count).map(move |j| (i, j))).take(3);
        let mut found = Vec::new();
        for (i, j) in pairs {
            let (Some(v), Some(w)) = (self.variables.get(i), self.variables.get(j)) else { continue };
            for (a, b) in (0..SQUARE).flat_map(|a| (0..SQUARE).map(move |b| (a, b))) {
                let point = example.iter().enumerate().map(|(at, x)| match at {
                    _ if at == i => v.low + a * v.step,
                    _ if at == j => w.low + b * w.step,
                    _ => *x,
                });
                found.push(point.collect::<Vec<i64>>());
            }
        }
        found.retain(|point| self.contains(point));
        found.sort_by_key(|point| point.iter().copied().max());
        found
    }

    /// Points next to a border and a few steps from it along one size, which is given with the point.
    fn beside(&self, border: &Border<'_>) -> Vec<(usize, Vec<i64>)> {
        let mut random = Random::new(0xBE51);
        let sides: Vec<Vec<i64>> = self.crossings(border, INNER).into_iter().flatten().collect();
        let mut found = Vec::new();
        for at in 0..self.variables.len() {
            for side in &sides {
                for steps in [0, random.range(-12, -1), random.range(1, 12)] {
                    let near = self.stepped(side, at, steps).map(|near| (at, near));
                    found.extend(near.filter(|near| !found.contains(near)));
                }
            }
        }
        found
    }

    /// The point moved along one size, if it is valid.
    fn stepped(&self, point: &[i64], at: usize, steps: i64) -> Option<Vec<i64>> {
        let mut point = point.to_vec();
        let step = self.variables.get(at)?.step;
        point.iter_mut().skip(at).take(1).for_each(|x| *x += steps * step);
        Some(point).filter(|point| self.contains(point))
    }

    /// The point with `k` of the next values of a size other than `at`: what is added to that size takes every remainder by
    /// `k`.
    fn row(&self, point: &[i64], at: usize, k: i64) -> Vec<Vec<i64>> {
        let count = self.variables.len();
        if count == 1 {
            return vec![point.to_vec()];
        }
        let other = (at + 1) % count.max(1);
        (0..k.min(IN_A_ROW)).filter_map(|steps| self.stepped(point, other, steps)).collect()
    }

    /// Points next to where a guard, or the greatest value of a size, ends the space.
    fn edge(&self) -> Vec<(usize, Vec<i64>)> {
        let mut random = Random::new(0xED6E);
        let places = self.some_places();
        let mut found: Vec<(usize, Vec<i64>)> = Vec::new();
        let ends: Vec<usize> =
            (0..self.variables.len()).filter(|i| self.variables.get(*i).is_some_and(|v| v.high < TOP / 2)).collect();
        if self.guards.is_empty() && ends.is_empty() {
            return found;
        }
        for turn in 0..3 * EDGE {
            if found.len() >= EDGE {
                break;
            }
            let Some(inside) = random.pick(places) else { break };
            let mut point = inside.clone();
            let at = turn % point.len().max(1);
            let Some(variable) = self.variables.get(at) else { break };
            let (low, high) = (variable.low, variable.high);
            let with = |x: i64| {
                let mut point = inside.clone();
                point.iter_mut().skip(at).take(1).for_each(|c| *c = x);
                point
            };
            let own = inside.get(at).copied().unwrap_or(low);
            let end = if turn / point.len().max(1) % 3 == 0 { low } else { high };
            // The last value of this size on the way to its end.
            let (mut held, mut lost) = (0, (end - own).abs() / variable.step + 1);
            let sign = if end < own { -variable.step } else { variable.step };
            while lost - held > 1 {
                let middle = held + (lost - held) / 2;
                if self.contains(&with(own + sign * middle)) { held = middle } else { lost = middle }
            }
            let last = own + sign * held;
            if last == end && !(end == high && ends.contains(&at)) {
                continue;
            }
            point = with(last - sign * random.range(0, 3).min(held));
            if self.contains(&point) {
                found.push((at, point));
            }
        }
        found
    }
}
