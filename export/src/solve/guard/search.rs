//! Asks, infers and verifies in turn, until nothing refutes the relations found.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use symbolic::Rel;

use super::Undecided;
use super::atom::{Atom, Test};
use super::cover::{Cover, Limits};
use super::domain::{Domain, Point};
use super::feature::Feature;
use super::rng::Rng;
use super::sweep;

/// A disjunction is cut to the example's part in at most so many steps.
const MOST_CUTS: usize = 6;

/// The most relations and their highest cost, by stage; the last stage is tried twice.
const LIMITS: [Limits; 4] = [
    Limits { stage: 0, most: 3, cost: 36 },
    Limits { stage: 1, most: 3, cost: 52 },
    Limits { stage: 2, most: 3, cost: 76 },
    Limits { stage: 2, most: 4, cost: 110 },
];

/// Why the search ends early.
pub(super) struct Stop;

/// What has been asked, and how to ask more.
pub(super) struct Search<'a> {
    pub(super) domain: &'a Domain<'a>,
    same: &'a mut dyn FnMut(&[i64]) -> bool,
    budget: usize,
    answers: HashMap<Point, bool>,
    /// Points of the example's path, in the order in which they were asked.
    pub(super) positive: Vec<Point>,
    /// Points of other paths.
    negative: Vec<Point>,
    /// Variables that change the path alone somewhere.
    relevant: BTreeSet<usize>,
    /// The part of a disjunction that is kept.
    pub(super) within: Vec<Atom>,
    pub(super) rng: Rng,
    covers: HashMap<Vec<usize>, Cover>,
}

impl<'a> Search<'a> {
    pub(super) fn new(domain: &'a Domain<'a>, same: &'a mut dyn FnMut(&[i64]) -> bool, budget: usize) -> Search<'a> {
        Search {
            domain,
            same,
            budget,
            answers: HashMap::new(),
            positive: Vec::new(),
            negative: Vec::new(),
            relevant: BTreeSet::new(),
            within: Vec::new(),
            rng: Rng::new(0x0067_7561_7264),
            covers: HashMap::new(),
        }
    }

    pub(super) fn run(mut self) -> Result<Vec<Rel>, Undecided> {
        let atoms = self.relations().map_err(|Stop| self.undecided())?;
        let symbol = |i: usize| self.domain.symbol(i);
        let rels = atoms.iter().map(|atom| atom.rel(&symbol)).collect::<Result<Vec<_>, _>>();
        let rels = rels.map_err(|_| self.undecided())?;
        // What is handed out is held to the answers once more, as it is written.
        let wrong = self.negative.iter().any(|p| rels.iter().all(|rel| self.domain.holds(rel, p)));
        if wrong { Err(self.undecided()) } else { Ok(rels) }
    }

    fn undecided(&self) -> Undecided {
        let example = self.domain.example();
        let distance = |p: &Point| {
            let sizes = p.iter().zip(&example);
            sizes.map(|(a, b)| i128::from(*a).abs_diff(i128::from(*b))).fold(0, u128::saturating_add)
        };
        let other = self.negative.iter().min_by_key(|p| distance(p)).unwrap_or(&example).clone();
        let names = (0..self.domain.len()).map(|i| self.domain.symbol(i).to_string()).collect();
        Undecided { names, example, other, runs: self.answers.len() }
    }

    fn relations(&mut self) -> Result<Vec<Atom>, Stop> {
        let example = self.domain.example();
        if self.ask(example.clone())? != Some(true) {
            return Err(Stop);
        }
        for point in sweep::points(self.domain) {
            self.ask(point)?;
        }
        for k in [0, 1, 2, 3] {
            // Borders next to the example and far from it.
            let at = (self.negative.len().saturating_sub(1)) * k / 3;
            if let Some(other) = self.negative.get(at).cloned() {
                self.walk(&example, &other, k % 2 == 1)?;
            }
        }
        loop {
            let atoms = match self.negative() {
                negative if negative.is_empty() => Vec::new(),
                negative => match self.infer()? {
                    Some(atoms) => atoms,
                    None => {
                        self.cut(&negative)?;
                        continue;
                    }
                },
            };
            if !self.refuted(&atoms)? {
                let mut all = self.within.clone();
                all.extend(atoms);
                return Ok(if self.within.is_empty() { all } else { self.whole().unwrap_or_else(|| self.needed(all)) });
            }
        }
    }

    /// The relations without a cut, where all that was asked since makes it superfluous.
    fn whole(&mut self) -> Option<Vec<Atom>> {
        let within = std::mem::take(&mut self.within);
        self.covers.clear();
        let mut found = None;
        while let Ok(Some(atoms)) = self.infer() {
            match self.refuted(&atoms) {
                Ok(true) => {}
                Ok(false) => {
                    found = Some(atoms);
                    break;
                }
                Err(Stop) => break,
            }
        }
        self.within = within;
        found
    }

    /// Relations that could stand in the place of one of the relations found.
    pub(super) fn rivals(&self, atoms: &[Atom], at: usize) -> Vec<Atom> {
        let variables: Vec<usize> = self.relevant.iter().copied().collect();
        self.covers.get(&variables).map(|cover| cover.rivals(atoms, at)).unwrap_or_default()
    }

    /// The values of a feature that no answer decides: above the greatest that is known to be excluded, when the other
    /// relations hold, and below the least of the example's path.
    pub(super) fn gap(&self, feature: &Feature, rest: &[Atom], rising: bool) -> Option<(i128, i128)> {
        let sign = if rising { 1 } else { -1 };
        let value = |p: &&Point| sign * feature.eval(p);
        let inside = self.positive.iter().filter(|p| self.is_within(p));
        let least = inside.map(|p| value(&p)).min()?;
        let outside = self.negative.iter().filter(|p| self.is_within(p) && rest.iter().all(|atom| atom.holds(p)));
        let most = outside.map(|p| value(&p)).filter(|v| *v < least).max()?;
        Some((most, least))
    }

    /// The path of a point; `None` for one that must not be asked.
    pub(super) fn ask(&mut self, point: Point) -> Result<Option<bool>, Stop> {
        if !self.domain.contains(&point) {
            return Ok(None);
        }
        if let Some(known) = self.answers.get(&point) {
            return Ok(Some(*known));
        }
        if self.answers.len() >= self.budget {
            return Err(Stop);
        }
        let answer = (self.same)(&point);
        self.answers.insert(point.clone(), answer);
        if answer {
            self.positive.push(point)
        } else {
            self.negative.push(point)
        }
        Ok(Some(answer))
    }

    pub(super) fn is_within(&self, point: &[i64]) -> bool {
        self.within.iter().all(|atom| atom.holds(point))
    }

    fn negative(&self) -> Vec<Point> {
        self.negative.iter().filter(|p| self.is_within(p)).cloned().collect()
    }

    pub(super) fn positive(&self) -> Vec<Point> {
        self.positive.iter().filter(|p| self.is_within(p)).cloned().collect()
    }

    /// Two points next to each other, the first of the example's path and the second not, on the way from one to the
    /// other that changes a size at a time. Notes the size that makes the difference.
    pub(super) fn walk(
        &mut self,
        from: &[i64],
        to: &[i64],
        reverse: bool,
    ) -> Result<Option<(Point, Point, usize)>, Stop> {
        let mut order: Vec<usize> = (0..self.domain.len()).filter(|at| self.domain.is_free(*at)).collect();
        if reverse {
            order.reverse();
        }
        let mut here = from.to_vec();
        for at in order {
            let Some(goal) = to.get(at).copied() else { continue };
            let Some(next) = self.domain.moved(&here, at, goal.into()) else { continue };
            match self.ask(next.clone())? {
                Some(true) => here = next,
                Some(false) => {
                    self.relevant.insert(at);
                    let pair = self.bisect(here, next, at)?;
                    return Ok(Some((pair.0, pair.1, at)));
                }
                None => {}
            }
        }
        Ok(None)
    }

    fn bisect(&mut self, mut inside: Point, mut outside: Point, at: usize) -> Result<(Point, Point), Stop> {
        let step = i128::from(self.domain.step(at));
        loop {
            let value = |p: &Point| i128::from(p.get(at).copied().unwrap_or_default());
            let (a, b) = (value(&inside), value(&outside));
            if (a - b).abs() <= step {
                return Ok((inside, outside));
            }
            // Sizes that differ by orders of magnitude meet at their geometric mean.
            let (low, high) = (a.min(b), a.max(b));
            let middle = if low > 0 && high > 4 * low { low * (high / low).isqrt() } else { (low + high) / 2 };
            let middle = middle.clamp(low + step, high - step);
            let Some(point) = self.domain.moved(&inside, at, middle) else { return Ok((inside, outside)) };
            if point == inside || point == outside {
                return Ok((inside, outside));
            }
            match self.ask(point.clone())? {
                Some(true) => inside = point,
                Some(false) => outside = point,
                None => return Ok((inside, outside)),
            }
        }
    }

    /// The cheapest relations that agree with all points.
    fn infer(&mut self) -> Result<Option<Vec<Atom>>, Stop> {
        self.complete()?;
        if let Some(atoms) = self.cover() {
            return Ok(Some(atoms));
        }
        // Borders on other ways to the points seen last may tell more.
        let example = self.domain.example();
        let count = self.answers.len();
        for other in self.negative().iter().rev().take(3) {
            for reverse in [false, true] {
                self.walk(&example, other, reverse)?;
                let start = self.rng.pick(&self.positive).cloned();
                self.walk(&start.unwrap_or_else(|| example.clone()), other, reverse)?;
            }
        }
        self.complete()?;
        Ok(if self.answers.len() > count { self.cover() } else { None })
    }

    /// Finds all variables that matter: two points that differ in their path differ in one of these.
    fn complete(&mut self) -> Result<(), Stop> {
        let free: Vec<usize> = (0..self.domain.len()).filter(|at| self.domain.is_free(*at)).collect();
        while self.relevant.len() < free.len() {
            let key = |p: &Point| self.relevant.iter().map(|at| p.get(*at).copied()).collect::<Vec<_>>();
            let known: HashMap<_, &Point> = self.positive.iter().map(|p| (key(p), p)).collect();
            let pair = self.negative.iter().find_map(|p| Some(((*known.get(&key(p))?).clone(), p.clone())));
            let Some((inside, outside)) = pair else { break };
            let before = self.relevant.len();
            self.walk(&inside, &outside, false)?;
            if self.relevant.len() == before {
                // No valid way leads from one to the other.
                let differs = |at: &usize| inside.get(*at) != outside.get(*at);
                self.relevant.extend(free.iter().copied().filter(differs));
            }
            if self.relevant.len() == before {
                break;
            }
        }
        Ok(())
    }

    fn cover(&mut self) -> Option<Vec<Atom>> {
        let (positive, negative) = (self.positive(), self.negative());
        let variables: Vec<usize> = self.relevant.iter().copied().collect();
        let cover = self.covers.entry(variables).or_insert_with_key(|variables| Cover::new(variables));
        LIMITS.into_iter().find_map(|limits| cover.solve(limits, &positive, &negative))
    }

    /// Keeps the part of a disjunction that the example is in, as far as one relation says.
    fn cut(&mut self, negative: &[Point]) -> Result<(), Stop> {
        if self.within.len() >= MOST_CUTS {
            return Err(Stop);
        }
        let example = self.domain.example();
        let mut borders = Vec::new();
        for other in negative.iter().rev().step_by(1 + negative.len() / 6) {
            for reverse in [false, true] {
                borders.extend(self.walk(&example, other, reverse)?);
            }
        }
        let variables: Vec<usize> = self.relevant.iter().copied().collect();
        let (positive, negative) = (self.positive(), self.negative());
        let cover = self.covers.entry(variables.clone()).or_insert_with(|| Cover::new(&variables));
        let features: Vec<Rc<Feature>> = cover.table(1, &positive).features(1).cloned().collect();
        let mut best: Option<(f64, Atom)> = None;
        for (inside, outside, _) in &borders {
            if !self.is_within(inside) {
                continue;
            }
            for feature in features.iter().filter(|f| f.terms.iter().all(|(c, _)| c.abs() == 1)) {
                let (a, b) = (feature.eval(inside), feature.eval(outside));
                let test = match a.cmp(&b) {
                    std::cmp::Ordering::Greater => Test::AtLeast(a),
                    std::cmp::Ordering::Less => Test::AtMost(a),
                    std::cmp::Ordering::Equal => continue,
                };
                let atom = Atom::new(feature, test);
                if !atom.holds(&example) {
                    continue;
                }
                let share = |points: &[Point], keep: bool| {
                    let count = points.iter().filter(|p| atom.holds(p) == keep).count();
                    count as f64 / points.len().max(1) as f64
                };
                let score = share(&negative, false) + share(&positive, true) - f64::from(atom.cost) / 60.0;
                if best.as_ref().is_none_or(|(known, _)| score > *known) {
                    best = Some((score, atom));
                }
            }
        }
        let (_, atom) = best.ok_or(Stop)?;
        self.within.push(atom);
        // Points outside of this part say nothing any more.
        self.covers.clear();
        Ok(())
    }

    /// The relations without those that exclude nothing that the others leave.
    fn needed(&self, mut atoms: Vec<Atom>) -> Vec<Atom> {
        let mut at = 0;
        while at < atoms.len() {
            let excludes = |p: &Point| atoms.iter().enumerate().all(|(i, atom)| atom.holds(p) == (i != at));
            if self.within.contains(&atoms[at]) && !self.negative.iter().chain(&self.positive).any(excludes) {
                atoms.remove(at);
            } else {
                at += 1;
            }
        }
        atoms
    }
}
