//! What is known of every feature: its values at all points of the example's path, in short.

use std::collections::HashSet;
use std::rc::Rc;

use super::atom::{Atom, Test, remainder};
use super::bank;
use super::domain::Point;
use super::feature::Feature;

/// Remainders by a number up to this are tried for what is different from a remainder.
const MOST_REST: i64 = 64;

/// Remainders by a greater number are a sign of too few points.
const MOST_COMMON: i128 = 4096;

/// Larger divisors that people write.
const FAR_RESTS: [i128; 7] = [96, 100, 128, 256, 512, 1000, 1024];

/// A feature and its values.
struct Row {
    feature: Rc<Feature>,
    first: i128,
    least: i128,
    most: i128,
    /// The greatest number that divides all differences of values; 0 where there is one value.
    common: i128,
    /// The values at the targets.
    excluded: Vec<i128>,
    /// For exact features.
    detail: Option<Box<Detail>>,
}

struct Detail {
    values: HashSet<i128>,
    /// By divisor: the remainders that occur, one bit each.
    rests: [u64; MOST_REST as usize + 1],
}

/// The features of some variables, in stages, with their values at all points given so far.
pub(super) struct Table {
    stages: Vec<Vec<Row>>,
    /// How many points each stage has seen.
    seen: Vec<usize>,
    variables: Vec<usize>,
}

impl Table {
    pub(super) fn new(variables: &[usize]) -> Table {
        Table { stages: Vec::new(), seen: Vec::new(), variables: variables.to_vec() }
    }

    /// Reads the points that it has not seen, for the stages up to one. `targets` are points that should be excluded.
    pub(super) fn update(&mut self, stage: usize, positive: &[Point], targets: &[Point]) {
        while self.stages.len() <= stage {
            let features = bank::features(self.stages.len(), &self.variables);
            self.stages.push(features.into_iter().map(Row::new).collect());
            self.seen.push(0);
        }
        for (rows, seen) in self.stages.iter_mut().zip(&mut self.seen).take(stage + 1) {
            for (n, point) in positive.iter().enumerate().skip(*seen) {
                rows.iter_mut().for_each(|row| row.read(point, n == 0));
            }
            *seen = positive.len().max(*seen);
            for row in rows {
                row.excluded.truncate(targets.len());
                let new = targets.iter().skip(row.excluded.len()).map(|p| row.feature.eval(p));
                row.excluded.extend(new);
            }
        }
    }

    /// Every relation of the stages up to one that holds at all points read and not at the target with this index, if it
    /// costs at most `limit`, with the values of its feature at all targets.
    pub(super) fn atoms(&self, stage: usize, target: usize, limit: u32) -> Vec<(Atom, &[i128])> {
        let mut found = Vec::new();
        let mut all = Vec::new();
        for row in self.stages.iter().take(stage.saturating_add(1)).flatten() {
            if row.feature.cost <= limit {
                row.atoms(target, &mut found);
                all.extend(
                    found.drain(..).filter(|atom| atom.cost <= limit).map(|atom| (atom, row.excluded.as_slice())),
                );
            }
        }
        all
    }

    /// The features of the stages up to one.
    pub(super) fn features(&self, stage: usize) -> impl Iterator<Item = &Rc<Feature>> {
        self.stages.iter().take(stage + 1).flatten().map(|row| &row.feature)
    }
}

impl Row {
    fn new(feature: Feature) -> Row {
        let exact = feature.exact;
        let detail = || Box::new(Detail { values: HashSet::new(), rests: [0; MOST_REST as usize + 1] });
        Row {
            feature: Rc::new(feature),
            first: 0,
            least: 0,
            most: 0,
            common: 0,
            excluded: Vec::new(),
            detail: exact.then(detail),
        }
    }

    fn read(&mut self, point: &[i64], first: bool) {
        let value = self.feature.eval(point);
        if first {
            (self.first, self.least, self.most) = (value, value, value);
        }
        self.least = self.least.min(value);
        self.most = self.most.max(value);
        let Some(detail) = &mut self.detail else { return };
        if detail.values.insert(value) {
            self.common = gcd(self.common, value - self.first);
            for (by, rests) in (0..).zip(&mut detail.rests).skip(2) {
                *rests |= 1 << remainder(value, by);
            }
        }
    }

    fn atoms(&self, target: usize, found: &mut Vec<Atom>) {
        let feature = &self.feature;
        let Some(at) = self.excluded.get(target).copied() else { return };
        let values = || self.excluded.iter().copied();
        if at < self.least {
            let gap = values().filter(|v| *v < self.least).max().unwrap_or(at).max(at);
            found.push(Atom::new(feature, Test::AtLeast(constant(feature, gap, self.least, 1))));
        }
        if at > self.most {
            let gap = values().filter(|v| *v > self.most).min().unwrap_or(at).min(at);
            found.push(Atom::new(feature, Test::AtMost(-constant(feature, -gap, -self.most, -1))));
        }
        let Some(detail) = &self.detail else { return };
        if detail.values.contains(&at) {
            return;
        }
        if self.least == self.most {
            found.push(Atom::new(feature, Test::Equals(self.first)));
        }
        if self.common != 1 {
            self.rests(at, found);
        }
        if (self.least..=self.most).contains(&at) {
            found.push(Atom::new(feature, Test::Differs(at)));
        }
        for (by, rests) in (0..).zip(&detail.rests).skip(2) {
            let rest = remainder(at, by);
            if rests >> rest & 1 == 0 {
                found.push(Atom::new(feature, Test::NoRest { by, rest }));
            }
        }
        if feature.single().is_some() {
            let far = FAR_RESTS.into_iter().filter(|by| detail.values.iter().all(|v| remainder(v - at, *by) != 0));
            found.extend(far.map(|by| Atom::new(feature, Test::NoRest { by, rest: remainder(at, by) })));
        }
    }
}

impl Row {
    /// The remainders that all values have in common, and `at` does not.
    fn rests(&self, at: i128, found: &mut Vec<Atom>) {
        let (common, apart) = (self.common, at - self.first);
        // With one value so far every divisor is possible.
        let most = if common == 0 { i128::from(MOST_REST) } else { 256 };
        let large = Some(common).filter(|by| (257..=MOST_COMMON).contains(by));
        for by in (2..=most).chain(large) {
            if remainder(common, by) == 0 && remainder(apart, by) != 0 {
                found.push(Atom::new(&self.feature, Test::Rest { by, rest: remainder(self.first, by) }));
            }
        }
    }
}

/// The roundest number above `gap` and up to `least`: 0 or 1 between sizes, else the one with most zeros in base two, so
/// that each refuted guess halves the rest. `sign` is -1 where both numbers are turned.
fn constant(feature: &Feature, gap: i128, least: i128, sign: i128) -> i128 {
    if feature.terms.len() > 1 {
        for zero in [0, sign] {
            if gap < zero && zero <= least {
                return zero;
            }
        }
    }
    for shift in (0..100).rev() {
        let unit = 1_i128 << shift;
        let multiple = -((-gap).div_euclid(unit)) * unit;
        if multiple <= least {
            // The gap itself is the constant of the strict comparison.
            return multiple.max(gap + 1);
        }
    }
    least
}

fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
