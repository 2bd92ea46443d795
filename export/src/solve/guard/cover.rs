//! The cheapest relations that hold at all points of the example's path and exclude all others seen.

use std::collections::HashMap;
use std::rc::Rc;

use super::atom::{Atom, Test};
use super::domain::Point;
use super::table::Table;

/// A relation and the points of the other path that it excludes, one bit each.
struct Candidate {
    atom: Atom,
    excludes: Bits,
}

/// Points that a conjunction must exclude. There are never more than it takes to tell the relations apart.
const MOST_TARGETS: usize = 256;

type Bits = [u64; MOST_TARGETS / 64];

/// How much more a relation may cost that is compared with the one that was found, and how many are compared.
const RIVAL: u32 = 14;
const MOST_RIVALS: usize = 80;

/// How much a conjunction may become cheaper.
const SLACK: u32 = 4;

/// How far the search for a cover goes.
const MOST_NODES: usize = 1500;

/// Finds conjunctions, and keeps what it learnt from one time to the next.
pub(super) struct Cover {
    table: Table,
    /// Points of other paths that an earlier conjunction did not exclude.
    targets: Vec<Point>,
    /// By stage and the most relations: no conjunction costs less than this.
    floors: HashMap<(usize, usize), u32>,
}

/// The most relations, and what they may cost together.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) stage: usize,
    pub(super) most: usize,
    pub(super) cost: u32,
}

impl Cover {
    pub(super) fn new(variables: &[usize]) -> Cover {
        Cover { table: Table::new(variables), targets: Vec::new(), floors: HashMap::new() }
    }

    pub(super) fn table(&mut self, stage: usize, positive: &[Point]) -> &Table {
        self.table.update(stage, positive, &self.targets);
        &self.table
    }

    /// Other relations that could stand in the place of one: they hold at all points of the example's path and exclude the
    /// points that only this one excludes. They may cost a little more.
    pub(super) fn rivals(&self, atoms: &[Atom], at: usize) -> Vec<Atom> {
        let Some(atom) = atoms.get(at) else { return Vec::new() };
        let alone = |p: &Point| atoms.iter().enumerate().all(|(i, other)| other.holds(p) == (i != at));
        let targets: Vec<usize> = (0..self.targets.len()).filter(|i| alone(&self.targets[*i])).collect();
        let Some(last) = targets.last() else { return Vec::new() };
        let candidates = self.table.atoms(usize::MAX, *last, atom.cost + RIVAL);
        let excludes_all =
            |test: &Test, values: &[i128]| targets.iter().all(|i| values.get(*i).is_some_and(|v| !test.accepts(*v)));
        let mut rivals: Vec<Atom> = candidates
            .into_iter()
            .filter(|(other, values)| other != atom && excludes_all(&other.test, values))
            .map(|(other, _)| other)
            .collect();
        rivals.sort_by_key(|rival| rival.cost);
        rivals.truncate(MOST_RIVALS);
        rivals
    }

    /// The cheapest conjunction. Both lists of points only grow from one call to the next.
    pub(super) fn solve(&mut self, limits: Limits, positive: &[Point], negative: &[Point]) -> Option<Vec<Atom>> {
        // More points never make relations cheaper, but for a few digits of a constant.
        let floor = self.floors.entry((limits.stage, limits.most)).or_insert(10);
        let mut budget = floor.saturating_sub(SLACK).max(10);
        loop {
            self.table.update(limits.stage, positive, &self.targets);
            let mut search = Search::new(&self.table, self.targets.len(), limits.stage);
            let atoms = loop {
                *floor = budget.max(*floor);
                if budget > limits.cost + SLACK {
                    return None;
                }
                if let Some(atoms) = search.within(budget, limits.most) {
                    break atoms;
                }
                budget += if budget < 40 { 3 } else { 6 };
            };
            // The points seen last lie at borders.
            let left = negative.iter().rev().filter(|p| atoms.iter().all(|atom| atom.holds(p)));
            let before = self.targets.len();
            self.targets.extend(left.take(2).cloned());
            if self.targets.len() == before {
                return Some(atoms);
            }
            if self.targets.len() > MOST_TARGETS {
                self.targets.clear();
                return None;
            }
        }
    }
}

/// One search for relations that exclude all targets.
struct Search<'c> {
    table: &'c Table,
    targets: usize,
    stage: usize,
    /// By target: the relations that exclude it, the cheapest first, and the cost up to which they are known.
    candidates: HashMap<usize, (u32, Rc<Vec<Candidate>>)>,
    nodes: usize,
}

impl<'c> Search<'c> {
    fn new(table: &'c Table, targets: usize, stage: usize) -> Search<'c> {
        Search { table, targets, stage, candidates: HashMap::new(), nodes: 0 }
    }

    fn within(&mut self, budget: u32, most: usize) -> Option<Vec<Atom>> {
        let mut open = Bits::default();
        for i in 0..self.targets {
            set(&mut open, i);
        }
        self.nodes = 0;
        let mut chosen = Vec::new();
        self.step(open, budget, most, &mut chosen).then_some(chosen)
    }

    fn step(&mut self, open: Bits, budget: u32, most: usize, chosen: &mut Vec<Atom>) -> bool {
        // The target that was added last is the hardest to exclude.
        let Some((word, bits)) = open.iter().enumerate().rfind(|(_, bits)| **bits != 0) else { return true };
        let target = word * 64 + 63 - bits.leading_zeros() as usize;
        self.nodes += 1;
        // No relation costs less than 10.
        if most == 0 || budget < 10 || self.nodes > MOST_NODES {
            return false;
        }
        let last = most == 1 || budget < 20;
        let candidates = self.candidates(target, budget);
        for candidate in candidates.iter().take_while(|c| c.atom.cost <= budget) {
            let mut left = open;
            left.iter_mut().zip(&candidate.excludes).for_each(|(a, b)| *a &= !b);
            if last && left.iter().any(|bits| *bits != 0) {
                continue;
            }
            chosen.push(candidate.atom.clone());
            if self.step(left, budget - candidate.atom.cost, most - 1, chosen) {
                return true;
            }
            chosen.pop();
        }
        false
    }

    /// The relations that exclude one target, the cheapest first.
    fn candidates(&mut self, target: usize, budget: u32) -> Rc<Vec<Candidate>> {
        let limit = budget.next_multiple_of(12);
        match self.candidates.get(&target) {
            Some((known, candidates)) if *known >= budget => return Rc::clone(candidates),
            _ => {}
        }
        let atoms = self.table.atoms(self.stage, target, limit);
        let mut all: Vec<Candidate> = atoms.into_iter().map(|(atom, values)| Candidate::new(atom, values)).collect();
        let size = |c: &Candidate| c.excludes.iter().map(|bits| bits.count_ones()).sum::<u32>();
        all.sort_by_cached_key(|c| (c.atom.cost, u32::MAX - size(c)));
        // A relation that excludes no more than a cheaper one is of no use.
        let mut kept: Vec<Candidate> = Vec::new();
        for candidate in all {
            let less = |other: &Candidate| candidate.excludes.iter().zip(&other.excludes).all(|(a, b)| a & !b == 0);
            if !kept.iter().any(less) {
                kept.push(candidate);
            }
        }
        let candidates = Rc::new(kept);
        self.candidates.insert(target, (limit, Rc::clone(&candidates)));
        candidates
    }
}

impl Candidate {
    fn new(atom: Atom, values: &[i128]) -> Candidate {
        let mut excludes = Bits::default();
        for (i, value) in values.iter().enumerate() {
            if !atom.test.accepts(*value) {
                set(&mut excludes, i);
            }
        }
        Candidate { atom, excludes }
    }
}

fn set(bits: &mut Bits, at: usize) {
    if let Some(word) = bits.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}
