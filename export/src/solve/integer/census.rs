//! Small spaces. Many expressions fit few points by accident, so all points are asked there, or all at which the candidate
//! changes its value.

use std::cell::OnceCell;
use std::collections::HashSet;

use symbolic::RelOp;

use super::borders::{Border, Ratio};
use super::certify::Judge;
use super::domain::{Domain, Random};
use super::form::{Form, Op};
use crate::solve::space::SizeVariable;

/// If a space has not more points than this, all are asked of every candidate.
const CENSUS: usize = 400;

/// So many points next to a change of the value are asked in a larger space, of which all points can be looked through.
const CHANGES: usize = 100;

/// So many points are asked at which a quotient or remainder has just jumped or is about to.
const JUMPS: usize = 100;

/// So many points are asked at which a size is least or greatest.
const ENDS: usize = 32;

/// A size with more values than this is without an end. So many of its smallest values are looked at.
const OPEN: i64 = 1 << 10;
const SMALLEST: i64 = 64;

/// Boxes with more points than this are not looked through.
const MANY: i64 = 1 << 16;

/// All points of a small space. They are listed when they are needed.
#[derive(Default)]
pub(super) struct Listed(OnceCell<Option<Vec<Vec<i64>>>>);

impl Domain {
    /// All points, if they can be looked through.
    pub(super) fn listed(&self) -> Option<&[Vec<i64>]> {
        self.listed.0.get_or_init(|| self.list(i64::MAX)).as_deref()
    }

    /// The points at the smallest values of the sizes without an end, if another size has one.
    fn corner(&self) -> Option<Vec<Vec<i64>>> {
        let open = self.variables.iter().filter(|v| (v.high - v.low) / v.step >= OPEN).count();
        (open < self.variables.len()).then(|| self.list(OPEN))?
    }

    /// All points, but only the smallest values of a size that has more than `open`.
    fn list(&self, open: i64) -> Option<Vec<Vec<i64>>> {
        let count = |v: &SizeVariable| Some(v.high.saturating_sub(v.low) / v.step + 1).filter(|n| *n <= open);
        let counts: Vec<i64> = self.variables.iter().map(|v| count(v).unwrap_or(SMALLEST)).collect();
        let total = counts.iter().try_fold(1_i64, |all, n| all.checked_mul(*n).filter(|n| *n <= MANY))?;
        let point = |mut index: i64| {
            let coordinate = |(v, n): (&SizeVariable, &i64)| {
                let x = v.low + index % n * v.step;
                index /= n;
                x
            };
            self.variables.iter().zip(&counts).map(coordinate).collect::<Vec<i64>>()
        };
        Some((0..total).map(point).filter(|p| self.contains(p)).collect())
    }

    /// Moves the ends of the sizes to where the guards put them: `a*b <= 90` says `a <= 45` where `b` is at least 2.
    pub(super) fn tighten(&mut self) {
        for (op, x, y) in self.guards.clone() {
            let (op, form, number) = match (x, y) {
                (x, Form::Int(n)) => (op, x, n),
                (Form::Int(n), y) => (op.mirrored(), y, n),
                _ => continue,
            };
            if self.variables.iter().any(|v| v.low < 0) || !form.is_rising() {
                continue;
            }
            if matches!(op, RelOp::Lt | RelOp::Le | RelOp::Eq) {
                self.lower_ends(&form, if op == RelOp::Lt { number.saturating_sub(1) } else { number });
            }
            if matches!(op, RelOp::Gt | RelOp::Ge | RelOp::Eq) {
                self.raise_starts(&form, if op == RelOp::Gt { number.saturating_add(1) } else { number });
            }
        }
    }

    /// The greatest sizes at which a rising form is at most a number while the others are least.
    fn lower_ends(&mut self, form: &Form, most: i64) {
        let lows: Vec<i64> = self.variables.iter().map(|v| v.low).collect();
        for (i, variable) in self.variables.iter_mut().enumerate() {
            let at = |steps: i64| {
                let mut point = lows.clone();
                point.iter_mut().skip(i).take(1).for_each(|x| *x += steps * variable.step);
                form.at(&point).is_none_or(|value| value <= most)
            };
            let kept = (variable.example - variable.low) / variable.step;
            let (mut held, mut lost) = (kept, (variable.high - variable.low) / variable.step + 1);
            while lost - held > 1 {
                let middle = held + (lost - held) / 2;
                if at(middle) { held = middle } else { lost = middle }
            }
            variable.high = variable.low + held * variable.step;
        }
    }

    /// The least sizes at which a rising form is at least a number while the others are greatest.
    fn raise_starts(&mut self, form: &Form, least: i64) {
        let highs: Vec<i64> = self.variables.iter().map(|v| v.high).collect();
        for (i, variable) in self.variables.iter_mut().enumerate() {
            let at = |steps: i64| {
                let mut point = highs.clone();
                point.iter_mut().skip(i).take(1).for_each(|x| *x = variable.low + steps * variable.step);
                form.at(&point).is_none_or(|value| value >= least)
            };
            let (mut lost, mut held) = (-1, (variable.example - variable.low) / variable.step);
            while held - lost > 1 {
                let middle = lost + (held - lost) / 2;
                if at(middle) { held = middle } else { lost = middle }
            }
            variable.low += held * variable.step;
        }
    }
}

impl Judge<'_, '_> {
    /// Whether the candidate holds at all points of a small space, or for all values of the sizes that it has. Where these are
    /// too many, the points at which a quotient or remainder has just jumped or is about to are asked, and others next to a
    /// change of the value.
    pub(super) fn counted(&self, form: &Form) -> bool {
        let domain = self.target.domain;
        let by_size = || form.borders().iter().any(|border| border.ratio().is_some());
        let corner = if domain.listed().is_none() && by_size() { domain.corner() } else { None };
        let Some(all) = domain.listed().or(corner.as_deref()) else { return true };
        let agree = |points: &[&Vec<i64>]| points.iter().all(|point| self.agrees(form, point));
        let mixed = mixed(all);
        if mixed.len() <= CENSUS {
            return agree(&mixed);
        }
        let each = one_of_each(form, &mixed);
        if each.len() <= CENSUS {
            return agree(&each);
        }
        if !form.borders().is_empty() && !ends(&mixed).iter().all(|points| agree(points)) {
            return false;
        }
        let changes = mixed.iter().copied().filter(|point| domain.is_at_change(form, point));
        form.borders().iter().filter_map(Border::fraction).all(|fraction| agree(&jumps(fraction, &mixed)))
            && agree(&changes.take(CHANGES).collect::<Vec<_>>())
    }
}

/// The points in random order.
fn mixed(points: &[Vec<i64>]) -> Vec<&Vec<i64>> {
    let mut random = Random::new(0xCE45);
    let mut mixed: Vec<(u64, &Vec<i64>)> = points.iter().map(|point| (random.next(), point)).collect();
    mixed.sort_unstable();
    mixed.into_iter().map(|(_, point)| point).collect()
}

/// One point for all values that the sizes of a form have together.
fn one_of_each<'p>(form: &Form, points: &[&'p Vec<i64>]) -> Vec<&'p Vec<i64>> {
    let mut sizes = Vec::new();
    form.variables(&mut sizes);
    let mut seen: HashSet<Vec<Option<i64>>> = HashSet::new();
    let own = |point: &Vec<i64>| sizes.iter().map(|i| point.get(*i).copied()).collect::<Vec<Option<i64>>>();
    points.iter().copied().filter(|point| seen.insert(own(point))).collect()
}

/// The points at which each size is least, and those at which it is greatest. Guards may leave few of them, at which a limit
/// of that size shows: `(Min(a, 102) + a*b)//14` is `(a + a*b)//14` but at two points where `a + b <= 109`.
fn ends<'p>(points: &[&'p Vec<i64>]) -> Vec<Vec<&'p Vec<i64>>> {
    let sizes = points.first().map_or(0, |point| point.len());
    let end = |i: usize, sign: i64| {
        let mut sorted = points.to_vec();
        sorted.sort_by_key(|point| point.get(i).map(|size| sign * size));
        sorted.truncate(ENDS);
        sorted
    };
    (0..sizes).flat_map(|i| [end(i, 1), end(i, -1)]).collect()
}

/// The points at which the numerator is closest to a multiple of its divisor, compared to the divisor.
fn jumps<'p>((numerator, divisor): Ratio<'_>, points: &[&'p Vec<i64>]) -> Vec<&'p Vec<i64>> {
    let slack = |point: &Vec<i64>| {
        let (n, d) = (numerator.at(point)?, divisor.at(point).filter(|d| *d > 0)?);
        let over = i128::from(n.rem_euclid(d));
        let d = i128::from(d);
        Some((over.min(d - 1 - over) + 1) * (1 << 32) / d)
    };
    let mut jumps: Vec<(i128, &Vec<i64>)> = points.iter().filter_map(|point| Some((slack(point)?, *point))).collect();
    jumps.sort_by_key(|(slack, _)| *slack);
    jumps.into_iter().take(JUMPS).map(|(_, point)| point).collect()
}

impl Domain {
    /// Whether the value at the next point along some size is another one.
    fn is_at_change(&self, form: &Form, point: &[i64]) -> bool {
        let value = form.at(point);
        self.variables.iter().enumerate().any(|(i, variable)| {
            [-variable.step, variable.step].into_iter().any(|step| {
                let mut next = point.to_vec();
                next.iter_mut().skip(i).take(1).for_each(|x| *x += step);
                form.at(&next) != value && self.contains(&next)
            })
        })
    }
}

impl Form {
    /// Whether the value never falls where a size that is not negative grows. `false` where that is not plain to see.
    fn is_rising(&self) -> bool {
        match self {
            Form::Int(_) | Form::Variable(_) => true,
            Form::Part(form) => form.is_rising(),
            Form::Binary(op, x, y) => match (op, &**y) {
                (Op::Sub | Op::Div, Form::Int(_)) => x.is_rising(),
                (Op::Add | Op::Min | Op::Max, _) => x.is_rising() && y.is_rising(),
                (Op::Mul, _) => x.is_factor() && y.is_factor(),
                _ => false,
            },
        }
    }

    /// Whether the value is never negative and never falls.
    fn is_factor(&self) -> bool {
        match self {
            Form::Int(n) => *n >= 0,
            Form::Variable(_) => true,
            Form::Part(form) => form.is_factor(),
            Form::Binary(op, x, y) => match op {
                Op::Add | Op::Mul | Op::Min | Op::Max => x.is_factor() && y.is_factor(),
                Op::Div => x.is_factor() && matches!(**y, Form::Int(_)),
                Op::Sub | Op::Mod => false,
            },
        }
    }
}
