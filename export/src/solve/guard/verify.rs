//! Points that would refute relations.

use std::collections::BTreeSet;

use super::atom::{Atom, Test};
use super::domain::Point;
use super::search::{Search, Stop};
use super::sweep;

/// Borders asked for each relation before the costly checks.
const QUICK_BORDERS: usize = 6;
/// Borders asked for each relation in the end.
const BORDERS: usize = 24;
/// Points inside of all relations, anywhere.
const INSIDE: usize = 60;
/// Points anywhere.
const ANYWHERE: usize = 60;
/// Points around the example.
const AROUND: usize = 60;
/// With fewer points of the example's path than this, the sizes next to the example are asked.
const FEW: usize = 12;
/// Sizes along each variable, and points in each simple relation of two.
const ALONG: usize = 64;
const BETWEEN: usize = 4;
/// Tries to find a point where a feature has some value.
const WITH_VALUE: i128 = 160;
/// So many steps are made to where a remainder holds.
const MOST_STEPS: i128 = 256;
/// So many of the points next to a border are mended where another relation fails.
const MENDED: i128 = 16;
/// How far from a threshold the values are that are asked.
const PINNED: i128 = 8;

impl Search<'_> {
    /// Whether some point disagrees with the relations. Its answer is kept, so that the next relations agree with it.
    pub(super) fn refuted(&mut self, atoms: &[Atom]) -> Result<bool, Stop> {
        Ok(self.at_borders(atoms, QUICK_BORDERS)?
            || self.next_to_few(atoms)?
            || self.against_rivals(atoms)?
            || self.pinned(atoms)?
            || self.inside(atoms, 12)?
            || self.around(atoms)?
            || self.anywhere(atoms, ANYWHERE)?
            || self.inside(atoms, INSIDE)?
            || self.at_borders(atoms, BORDERS)?
            || self.swept(atoms)?
            || self.along(atoms)?
            || self.between(atoms)?)
    }

    /// Whether the answer at a point differs from what the relations say.
    fn differs(&mut self, atoms: &[Atom], point: Point) -> Result<bool, Stop> {
        if !self.is_within(&point) {
            return Ok(false);
        }
        let expected = atoms.iter().all(|atom| atom.holds(&point));
        Ok(self.ask(point)?.is_some_and(|answer| answer != expected))
    }

    /// Where few points of the example's path are known, all sizes next to the example.
    fn next_to_few(&mut self, atoms: &[Atom]) -> Result<bool, Stop> {
        if self.positive().len() >= FEW {
            return Ok(false);
        }
        let example = self.domain.example();
        for at in 0..self.domain.len() {
            let own = i128::from(example.get(at).copied().unwrap_or_default());
            let step = i128::from(self.domain.step(at));
            let near = (-64..=64).map(|k| own + k * step);
            for value in near.chain([64, 100, 128, 256, 512, 1000, 1024].map(|by| own + by * step)) {
                let Some(point) = self.domain.moved(&example, at, value) else { continue };
                if self.differs(atoms, point)? {
                    return Ok(true);
                }
            }
        }
        // Sizes that move together: what an equality leaves.
        let count = self.domain.len();
        for (x, y) in (0..count).flat_map(|x| (x + 1..count).take(3).map(move |y| (x, y))) {
            let size = |at: usize| i128::from(example.get(at).copied().unwrap_or_default());
            let step = i128::from(self.domain.step(x).max(self.domain.step(y)));
            for (p, q) in [(1, 1), (1, -1), (2, 1), (1, 2)] {
                for k in (-64..=64).map(|k: i128| k * step) {
                    let point = self.domain.moved(&example, x, size(x) + p * k);
                    let Some(point) = point.and_then(|point| self.domain.moved(&point, y, size(y) + q * k)) else {
                        continue;
                    };
                    if self.differs(atoms, point)? {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// Points at which a relation differs from another one that agrees with all points so far.
    fn against_rivals(&mut self, atoms: &[Atom]) -> Result<bool, Stop> {
        for at in 0..atoms.len() {
            let Some(atom) = atoms.get(at) else { continue };
            let rest = without(atoms, at);
            let asked = self.positive.len();
            for rival in self.rivals(atoms, at) {
                // An answer about an earlier rival may have refuted this one.
                if self.positive.iter().skip(asked).any(|p| !rival.holds(p)) {
                    continue;
                }
                let mut holding = rest.clone();
                holding.push(rival.clone());
                for point in [self.apart(atoms, &rival), self.apart(&holding, atom)].into_iter().flatten() {
                    if self.differs(atoms, point)? {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// A point where some relations hold and another one does not.
    fn apart(&mut self, hold: &[Atom], fail: &Atom) -> Option<Point> {
        let variables = fail.feature.variables();
        for _ in 0..4 {
            let Some(start) = self.start(hold) else { continue };
            if !fail.holds(&start) {
                return Some(start);
            }
            let at = *self.rng.pick(&variables)?;
            let up = self.rng.below(2) == 0;
            for up in [up, !up] {
                let Some((_, outside)) = self.flip(fail, &start, at, up) else { continue };
                if let Some(point) = self.further(outside, at, up, fail, false, hold) {
                    return Some(point);
                }
            }
        }
        None
    }

    /// Points whose values lie between those that are known to be on either side of a threshold.
    fn pinned(&mut self, atoms: &[Atom]) -> Result<bool, Stop> {
        for (at, atom) in atoms.iter().enumerate() {
            let (rising, c) = match atom.test {
                Test::AtLeast(c) => (true, c),
                Test::AtMost(c) => (false, -c),
                _ => continue,
            };
            let rest = without(atoms, at);
            let Some((most, least)) = self.gap(&atom.feature, &rest, rising) else { continue };
            // The gap may be as wide as a product of sizes.
            let values = (most + 1).max(c - PINNED)..least.min(c + PINNED + 1);
            for value in values {
                let value = if rising { value } else { -value };
                let Some(point) = self.with_value(atom, value, &rest) else { continue };
                if self.differs(atoms, point)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// A point where a feature has this value, and the other relations hold.
    fn with_value(&mut self, atom: &Atom, value: i128, rest: &[Atom]) -> Option<Point> {
        let variables = atom.feature.variables();
        for k in 0..WITH_VALUE {
            // Some points as they come, then all small sizes of one variable.
            let start = if k % 16 == 0 { self.start(rest) } else { None };
            let mut point = start.unwrap_or_else(|| self.domain.example());
            if k % 4 != 0 {
                for at in &variables {
                    let (low, _) = self.domain.bounds(*at);
                    let small = i128::from(low) + self.rng.between(0, 15) * i128::from(self.domain.step(*at));
                    point = self.domain.moved(&point, *at, small).unwrap_or(point);
                }
            }
            let at = *self.rng.pick(&variables)?;
            if let Some(other) = self.rng.pick(&variables).filter(|other| **other != at) {
                let (low, _) = self.domain.bounds(*other);
                let size = i128::from(low) + (k / 2) * i128::from(self.domain.step(*other));
                point = self.domain.moved(&point, *other, size).unwrap_or(point);
            }
            let Some((_, point)) = self.level(atom, value, &point, at) else { continue };
            let point = self.mended(rest, point.clone(), at).filter(|p| atom.feature.eval(p) == value).unwrap_or(point);
            if rest.iter().chain(&self.within).all(|other| other.holds(&point)) {
                return Some(point);
            }
        }
        None
    }

    fn at_borders(&mut self, atoms: &[Atom], count: usize) -> Result<bool, Stop> {
        for _ in 0..count {
            for (i, atom) in atoms.iter().enumerate() {
                // Where another relation fails too, the answer says nothing about this one.
                let rest = without(atoms, i);
                let Some((inside, outside)) = self.border(atoms, atom, &rest) else { continue };
                for point in [inside, outside].into_iter().flatten() {
                    if self.differs(atoms, point)? {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    fn inside(&mut self, atoms: &[Atom], count: usize) -> Result<bool, Stop> {
        for _ in 0..count {
            let Some(point) = self.start(atoms) else { continue };
            if self.differs(atoms, point)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn anywhere(&mut self, atoms: &[Atom], count: usize) -> Result<bool, Stop> {
        for _ in 0..count {
            let Some(point) = self.domain.random(&mut self.rng) else { continue };
            if self.differs(atoms, point)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The next sizes along each variable that matters, as far as all relations hold: what the sweep asked where they do
    /// not all hold.
    fn along(&mut self, atoms: &[Atom]) -> Result<bool, Stop> {
        let mut variables: Vec<usize> = atoms.iter().flat_map(|atom| atom.feature.variables()).collect();
        variables.sort_unstable();
        variables.dedup();
        let all: Vec<Atom> = self.within.iter().chain(atoms).cloned().collect();
        for at in variables {
            let Some(start) = self.start(atoms) else { continue };
            for start in [self.domain.example(), start] {
                let (low, high) = self.domain.bounds(at);
                let step = i128::from(self.domain.step(at));
                let own = i128::from(start.get(at).copied().unwrap_or_default());
                let values = (0..4000).map(|k| own + k * step).take_while(|v| *v <= i128::from(high));
                let below = (1..4000).map(|k| own - k * step).take_while(|v| *v >= i128::from(low));
                let points =
                    values.chain(below).filter_map(|v| self.mended(&all, self.domain.moved(&start, at, v)?, at));
                let points: Vec<Point> = points.filter(|p| all.iter().all(|atom| atom.holds(p))).take(ALONG).collect();
                for point in points {
                    if self.differs(atoms, point)? {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// What the sweep asks along each variable, again where the equalities and remainders of several sizes hold. The sweep
    /// hardly ever meets these points, so it does not see that one of them is missing: `s0 != 17` where `s1 == s0 + 279`.
    fn swept(&mut self, atoms: &[Atom]) -> Result<bool, Stop> {
        let sparse = |atom: &&Atom| matches!(atom.test, Test::Equals(_) | Test::Rest { .. });
        let sparse: Vec<Atom> = self.within.iter().chain(atoms).filter(sparse).cloned().collect();
        let joint = sparse.iter().map(|atom| atom.feature.variables()).filter(|variables| variables.len() > 1);
        let variables: BTreeSet<usize> = joint.flatten().collect();
        let example = self.domain.example();
        for at in variables {
            for value in sweep::along(self.domain, at) {
                let point = self.domain.moved(&example, at, value).and_then(|point| self.mended(&sparse, point, at));
                let Some(point) = point.filter(|p| sparse.iter().all(|atom| atom.holds(p))) else { continue };
                if self.differs(atoms, point)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// The point with other sizes than `at` moved so that the equalities and remainders hold again, where that is possible.
    fn mended(&self, atoms: &[Atom], mut point: Point, at: usize) -> Option<Point> {
        for _ in 0..2 {
            for atom in atoms {
                if atom.holds(&point) {
                    continue;
                }
                let others = || atom.feature.variables().into_iter().filter(|other| *other != at);
                let mended = match atom.test {
                    Test::Equals(c) => others().find_map(|other| Some(self.level(atom, c, &point, other)?.1)),
                    Test::Rest { by, .. } => others().find_map(|other| self.stepped(atom, &point, other, by)),
                    _ => continue,
                };
                point = mended?;
            }
        }
        Some(point)
    }

    /// The next point along one size at which a remainder holds.
    fn stepped(&self, atom: &Atom, point: &Point, at: usize, by: i128) -> Option<Point> {
        let own = i128::from(point.get(at).copied()?);
        let step = i128::from(self.domain.step(at));
        let mut points = (1..by.min(MOST_STEPS)).filter_map(|k| {
            let up = self.domain.moved(point, at, own + k * step);
            up.filter(|p| p != point).or_else(|| self.domain.moved(point, at, own - k * step))
        });
        points.find(|p| atom.holds(p))
    }

    /// Sizes that stand in a simple relation, where all relations hold.
    fn between(&mut self, atoms: &[Atom]) -> Result<bool, Stop> {
        let all: Vec<Atom> = self.within.iter().chain(atoms).cloned().collect();
        let count = self.domain.len();
        let pairs = (0..count).flat_map(|x| (x + 1..count).take(4).map(move |y| (x, y)));
        for (x, y) in pairs.collect::<Vec<_>>() {
            let starts = [self.domain.example(), self.start(atoms).unwrap_or_else(|| self.domain.example())];
            let (low, _) = self.domain.bounds(x);
            for (k, add) in [(1, 0), (1, 1), (1, -1), (2, 0)] {
                for (x, y) in [(x, y), (y, x)] {
                    let near = (0..400).map(|n| i128::from(low) + n * i128::from(self.domain.step(x)));
                    let far = (0..40).map(|n| 500 + 777 * n * n);
                    let mut found: Vec<Point> = Vec::new();
                    for v in near.chain(far) {
                        for start in &starts {
                            let point = self.domain.moved(start, x, v);
                            let point = point.and_then(|p| self.domain.moved(&p, y, k * v + add));
                            found.extend(point.filter(|p| all.iter().all(|atom| atom.holds(p))));
                        }
                        if found.len() >= BETWEEN {
                            break;
                        }
                    }
                    for point in found {
                        if self.differs(atoms, point)? {
                            return Ok(true);
                        }
                    }
                }
            }
        }
        Ok(false)
    }

    /// All points at most two steps from the example in every direction, or some where there are many.
    fn around(&mut self, atoms: &[Atom]) -> Result<bool, Stop> {
        let example = self.domain.example();
        let count = self.domain.len();
        let all = 5_usize.checked_pow(count as u32).filter(|all| *all <= AROUND);
        for n in 0..all.unwrap_or(AROUND) {
            let mut point = example.clone();
            let mut rest = n;
            for (at, size) in point.iter_mut().enumerate() {
                let by = if all.is_some() { rest % 5 } else { self.rng.below(5) } as i64 - 2;
                rest /= 5;
                *size = size.saturating_add(by.saturating_mul(self.domain.step(at)));
            }
            let Some(point) = self.domain.settle(point) else { continue };
            if self.differs(atoms, point)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A point where all relations hold, not far from a known one or anywhere.
    fn start(&mut self, atoms: &[Atom]) -> Option<Point> {
        for _ in 0..8 {
            let point = if self.rng.below(2) == 0 {
                self.domain.random(&mut self.rng)
            } else {
                let at = self.rng.below(self.positive.len());
                let point = self.positive.get(at)?.clone();
                self.disturbed(point)
            };
            let all: Vec<Atom> = self.within.iter().chain(atoms).cloned().collect();
            if let Some(point) = point.and_then(|p| self.project(p, &all)) {
                return Some(point);
            }
        }
        None
    }

    fn disturbed(&mut self, point: Point) -> Option<Point> {
        let at = self.rng.below(self.domain.len());
        let own = i128::from(point.get(at).copied()?);
        let value = match self.rng.below(6) {
            0 => own * 2,
            1 => own + 1,
            2 => own - 1,
            3 => own + own / 3,
            4 => own / 2,
            _ => {
                let (low, high) = self.domain.bounds(at);
                self.rng.spread(low.into(), high.into())
            }
        };
        self.domain.moved(&point, at, value)
    }

    /// The point moved so that all relations hold.
    fn project(&mut self, mut point: Point, atoms: &[Atom]) -> Option<Point> {
        for _ in 0..6 {
            let Some(broken) = atoms.iter().find(|atom| !atom.holds(&point)) else { return Some(point) };
            let variables: Vec<usize> = broken.feature.variables();
            let at = *self.rng.pick(&variables)?;
            let up = self.rng.below(2) == 0;
            let moved = self.flip(broken, &point, at, up).or_else(|| self.flip(broken, &point, at, !up));
            if let Some((_, fixed)) = moved {
                point = fixed;
            }
        }
        atoms.iter().all(|atom| atom.holds(&point)).then_some(point)
    }

    /// Two points next to each other in one size: the relation holds at the first and not at the second, and the others
    /// hold at both. Where the others exclude a point, the next one further away takes its place.
    fn border(&mut self, atoms: &[Atom], atom: &Atom, rest: &[Atom]) -> Option<(Option<Point>, Option<Point>)> {
        let start = self.start(atoms)?;
        let variables = atom.feature.variables();
        let at = *self.rng.pick(&variables)?;
        let up = self.rng.below(2) == 0;
        let found = self.flip(atom, &start, at, up).map(|pair| (pair, up));
        let ((inside, outside), up) = found.or_else(|| Some((self.flip(atom, &start, at, !up)?, !up)))?;
        let inside = self.further(inside, at, !up, atom, true, rest);
        Some((inside, self.further(outside, at, up, atom, false, rest)))
    }

    fn further(&self, point: Point, at: usize, up: bool, atom: &Atom, holds: bool, rest: &[Atom]) -> Option<Point> {
        let own = i128::from(point.get(at).copied()?);
        let step = i128::from(self.domain.step(at)) * if up { 1 } else { -1 };
        let others = || rest.iter().chain(&self.within);
        let fits = |p: &Point| atom.holds(p) == holds && others().all(|other| other.holds(p));
        let points = (0..256).map_while(|k| Some((k, self.domain.moved(&point, at, own + k * step)?)));
        // Along one size an equality of several holds at one point only, so the others follow. That is costly, so only for
        // the nearest points.
        let mut points = points.filter_map(|(k, p)| match fits(&p) {
            true => Some(p),
            false if k < MENDED && !rest.is_empty() => self.mended(rest, p, at).filter(fits),
            false => None,
        });
        points.next()
    }

    /// The points on both sides of the next place where the relation changes along one size. The first is on the side of
    /// the start.
    fn flip(&self, atom: &Atom, start: &Point, at: usize, up: bool) -> Option<(Point, Point)> {
        let before = atom.holds(start);
        let own = i128::from(start.get(at).copied()?);
        let step = i128::from(self.domain.step(at)) * if up { 1 } else { -1 };
        let (low, high) = self.domain.bounds(at);
        if let (Test::Equals(c), false) | (Test::Differs(c), true) = (atom.test, before) {
            return self.level(atom, c, start, at);
        }
        let near = match atom.test {
            Test::Rest { by, .. } | Test::NoRest { by, .. } => by.clamp(4, 1024),
            _ => 4,
        };
        let steps = (1..=near).chain((1..60).map(|k| near + (1_i128 << k)));
        let mut inside = start.clone();
        for k in steps {
            let value = (own + k * step).clamp(low.into(), high.into());
            let point = self.domain.moved(start, at, value)?;
            if atom.holds(&point) != before {
                return Some(self.close(atom, inside, point, at));
            }
            if point == inside {
                return None;
            }
            inside = point;
        }
        None
    }

    fn close(&self, atom: &Atom, mut inside: Point, mut outside: Point, at: usize) -> (Point, Point) {
        let before = atom.holds(&inside);
        let value = |p: &Point| i128::from(p.get(at).copied().unwrap_or_default());
        while let Some(middle) = self.domain.moved(&inside, at, (value(&inside) + value(&outside)).div_euclid(2)) {
            if middle == inside || middle == outside {
                break;
            }
            if atom.holds(&middle) == before { inside = middle } else { outside = middle }
        }
        (inside, outside)
    }

    /// The point moved along one size to where the feature is `c`, for a feature that rises or falls with it.
    fn level(&self, atom: &Atom, c: i128, start: &Point, at: usize) -> Option<(Point, Point)> {
        let (low, high) = self.domain.bounds(at);
        let (mut low, mut high) = (i128::from(low), i128::from(high));
        let value = |v: i128| Some(atom.feature.eval(&self.domain.moved(start, at, v)?));
        let rises = value(high)? >= value(low)?;
        while low <= high {
            let middle = (low + high).div_euclid(2);
            let point = self.domain.moved(start, at, middle)?;
            let here = atom.feature.eval(&point);
            match here.cmp(&c) {
                std::cmp::Ordering::Equal => return Some((start.clone(), point)),
                order if order.is_lt() == rises => low = middle + 1,
                _ => high = middle - 1,
            }
        }
        None
    }
}

/// The relations without one of them.
fn without(atoms: &[Atom], at: usize) -> Vec<Atom> {
    atoms.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, atom)| atom.clone()).collect()
}
