//! The cheapest relations that hold at all points of the example's path and exclude all others seen.

use std::collections::HashMap;
use std::rc::Rc;

use super::atom::{Atom, Test};
use super::domain::Point;
use super::feature::Feature;

/// A relation and the points of the other path that it excludes, one bit each.
pub(super) struct Candidate {
    pub(super) atom: Atom,
    excludes: Vec<u64>,
}

/// Remainders by a number up to this are tried for what is different from a remainder.
const MOST_REST: i128 = 64;

/// No more relations than this are kept for one point.
const KEPT: usize = 300;

/// How far the search for a cover goes.
const MOST_NODES: usize = 4000;

/// The points seen, and the features to explain them.
pub(super) struct Cover<'d> {
    positive: &'d [Point],
    negative: &'d [Point],
    features: &'d [Feature],
    /// The order in which points of the example's path are tried: those that refute often come first.
    order: Vec<usize>,
    cache: HashMap<usize, Rc<Vec<Candidate>>>,
    nodes: usize,
}

impl<'d> Cover<'d> {
    pub(super) fn new(positive: &'d [Point], negative: &'d [Point], features: &'d [Feature]) -> Cover<'d> {
        // Points seen late lie at borders.
        let order = (0..positive.len()).rev().collect();
        Cover { positive, negative, features, order, cache: HashMap::new(), nodes: 0 }
    }

    /// The cheapest conjunction of at most `most` relations.
    pub(super) fn solve(&mut self, most: usize, limit: u32) -> Option<Vec<Atom>> {
        let all = self.negative.len();
        let open: Vec<u64> = (0..all.div_ceil(64))
            .map(|word| match all - word * 64 {
                64.. => u64::MAX,
                rest => (1 << rest) - 1,
            })
            .collect();
        for budget in (10..=limit).step_by(4) {
            self.nodes = 0;
            let mut chosen = Vec::new();
            if self.search(&open, budget, most, &mut chosen) {
                return Some(chosen);
            }
        }
        None
    }

    fn search(&mut self, open: &[u64], budget: u32, most: usize, chosen: &mut Vec<Atom>) -> bool {
        // The point seen last is the hardest to exclude.
        let Some(word) = open.iter().rposition(|w| *w != 0) else { return true };
        let target = word * 64 + 63 - open[word].leading_zeros() as usize;
        self.nodes += 1;
        if most == 0 || self.nodes > MOST_NODES {
            return false;
        }
        let candidates = self.candidates(target);
        for candidate in candidates.iter().take_while(|c| c.atom.cost <= budget) {
            let left: Vec<u64> = open.iter().zip(&candidate.excludes).map(|(a, b)| a & !b).collect();
            chosen.push(candidate.atom.clone());
            if self.search(&left, budget - candidate.atom.cost, most - 1, chosen) {
                return true;
            }
            chosen.pop();
        }
        false
    }

    /// The relations that exclude one point, the cheapest first.
    pub(super) fn candidates(&mut self, target: usize) -> Rc<Vec<Candidate>> {
        if let Some(known) = self.cache.get(&target) {
            return Rc::clone(known);
        }
        let mut found = Vec::new();
        let features = self.features;
        for feature in features {
            self.of_feature(feature, target, &mut found);
        }
        found.sort_by_key(|atom| atom.cost);
        found.truncate(KEPT);
        let mut candidates: Vec<Candidate> = Vec::new();
        for atom in found {
            let mut excludes = vec![0_u64; self.negative.len().div_ceil(64)];
            for (i, point) in self.negative.iter().enumerate() {
                if !atom.holds(point) {
                    excludes[i / 64] |= 1 << (i % 64);
                }
            }
            candidates.push(Candidate { atom, excludes });
        }
        // Of two relations that cost the same, the one that excludes more.
        let size = |c: &Candidate| c.excludes.iter().map(|w| w.count_ones()).sum::<u32>();
        candidates.sort_by_key(|c| (c.atom.cost, u32::MAX - size(c)));
        let candidates = Rc::new(candidates);
        self.cache.insert(target, Rc::clone(&candidates));
        candidates
    }

    fn of_feature(&mut self, feature: &Feature, target: usize, found: &mut Vec<Atom>) {
        let Some(point) = self.negative.get(target) else { return };
        let at = feature.eval(point);
        let mut first = None;
        let (mut below, mut above, mut moves) = (false, false, false);
        let mut common = 0_i128;
        for k in 0..self.order.len() {
            let value = feature.eval(&self.positive[self.order[k]]);
            let start = *first.get_or_insert(value);
            below |= value <= at;
            above |= value >= at;
            moves |= value != start;
            if feature.exact {
                common = gcd(common, value - start);
            }
            let dead = below && above && moves && (!feature.exact || common == 1);
            if value == at || (dead && !feature.exact) {
                if k > 4 {
                    let moved = self.order.remove(k);
                    self.order.insert(0, moved);
                }
                return;
            }
        }
        let Some(start) = first else { return };
        let values = || self.positive.iter().map(|p| feature.eval(p));
        if !below {
            let least = values().min().unwrap_or(start);
            let gap = self.excluded(feature).filter(|v| *v < least).max().unwrap_or(at);
            found.push(Atom::new(feature, Test::AtLeast(constant(feature, gap, least, 1))));
        }
        if !above {
            let most = values().max().unwrap_or(start);
            let gap = self.excluded(feature).filter(|v| *v > most).min().unwrap_or(at);
            found.push(Atom::new(feature, Test::AtMost(-constant(feature, -gap, -most, -1))));
        }
        if !feature.exact {
            return;
        }
        if !moves {
            found.push(Atom::new(feature, Test::Equals(start)));
        }
        found.push(Atom::new(feature, Test::Differs(at)));
        for by in (2..=256).chain([common]).filter(|by| *by > 1 && common % by == 0 && (common != 0 || *by <= MOST_REST)) {
            if (at - start).rem_euclid(by) != 0 {
                found.push(Atom::new(feature, Test::Rest { by, rest: start.rem_euclid(by) }));
            }
        }
        let mut open = u64::MAX;
        for value in values() {
            for by in 2..=MOST_REST {
                if open >> (by - 1) & 1 == 1 && (value - at).rem_euclid(by) == 0 {
                    open &= !(1 << (by - 1));
                }
            }
            if open <= 1 {
                break;
            }
        }
        let far = [96, 100, 128, 256, 512, 1000, 1024];
        let far = far.into_iter().filter(|by| values().all(|v| (v - at).rem_euclid(*by) != 0));
        let near = (2..=MOST_REST).filter(|by| open >> (by - 1) & 1 == 1);
        for by in near.chain(far) {
            found.push(Atom::new(feature, Test::NoRest { by, rest: at.rem_euclid(by) }));
        }
    }

    fn excluded(&self, feature: &Feature) -> impl Iterator<Item = i128> {
        self.negative.iter().map(|p| feature.eval(p))
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
