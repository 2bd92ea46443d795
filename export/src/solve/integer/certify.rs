//! Whether a candidate is what a number is: asked where it could differ.

use super::form::{Form, Op};
use super::space::{Random, TOP};
use super::target::Target;

/// How many points are drawn in the search for a place where a mutant shows.
const PLACES: usize = 12_000;

/// Asks a number at further points and tells which candidates hold.
pub(super) struct Judge<'t, 'n> {
    target: &'t Target<'n>,
    /// Points of any kind.
    places: Vec<Vec<i64>>,
    /// Points at which no shared run was made.
    fresh: Vec<Vec<i64>>,
}

impl<'t, 'n> Judge<'t, 'n> {
    pub(super) fn new(target: &'t Target<'n>) -> Judge<'t, 'n> {
        let mut random = Random::new(0x2545_F491_4F6C_DD1D);
        let domain = target.domain;
        let count = domain.variables.len();
        let mut point = |i: usize| -> Vec<i64> {
            match i % 6 {
                0 | 1 => domain.variables.iter().map(|v| v.low + random.range(0, 38) * v.step).collect(),
                2 => (0..count).map(|_| random.range(2, 200)).collect(),
                3 => (0..count).map(|_| random.log(TOP)).collect(),
                4 => (0..count)
                    .map(|j| if j == i / 6 % count { random.range(2, 200) } else { random.log(TOP) })
                    .collect(),
                _ => {
                    let size = random.log(TOP);
                    (0..count).map(|_| size + random.range(-70, 70)).collect()
                }
            }
        };
        let places: Vec<Vec<i64>> = (0..PLACES).filter_map(|i| domain.snap(&point(i))).collect();
        let fresh = (0..48).filter_map(|i| domain.snap(&point(i * 5 + 1))).collect();
        Judge { target, places, fresh }
    }

    fn agrees(&self, form: &Form, point: &[i64]) -> bool {
        let Some(seen) = self.target.at(point) else { return !self.target.exhausted() };
        if form.at(point) == Some(seen) {
            return true;
        }
        self.target.refuters.borrow_mut().push((point.to_vec(), seen));
        false
    }

    /// Whether a point is known at which the candidate is wrong.
    pub(super) fn refuted(&self, form: &Form) -> bool {
        self.target.refuters.borrow().iter().rev().any(|(p, v)| form.at(p) != Some(*v))
    }

    /// Whether the candidate holds wherever it could be wrong. False once the budget is used up.
    pub(super) fn holds(&self, form: &Form) -> bool {
        if self.refuted(form) || self.target.exhausted() {
            return false;
        }
        let samples = self.target.samples();
        let mut nodes = Vec::new();
        form.bordered(&mut nodes);
        samples.iter().all(|(p, v)| form.at(p) == Some(*v))
            && self.fresh.iter().all(|p| self.agrees(form, p))
            && nodes.iter().all(|node| self.borders(form, node))
            && self.small(form, &nodes)
            && self.mutants(form)
            && !self.target.exhausted()
    }

    /// Both sides of a border, on segments between points. Around the first ones, points farther away are asked as well: a
    /// border may be a fringe of several jumps.
    fn borders(&self, form: &Form, node: &Form) -> bool {
        let extreme = matches!(node, Form::Binary(Op::Min | Op::Max, ..));
        let wanted = if extreme { 10 } else { 6 };
        self.crossings(node, wanted).iter().enumerate().all(|(crossed, sides)| {
            sides.iter().all(|side| {
                let offsets: &[i64] = match (crossed, extreme) {
                    (0..2, true) => &[1, 2, 5],
                    (0..2, false) => &[1, 2, 3, 6, 11, 19],
                    _ => &[],
                };
                self.agrees(form, side) && self.around(side, offsets).iter().all(|near| self.agrees(form, near))
            })
        })
    }

    /// The points at these distances along each size.
    fn around(&self, point: &[i64], offsets: &[i64]) -> Vec<Vec<i64>> {
        let mut near = Vec::new();
        for (i, variable) in self.target.domain.variables.iter().enumerate() {
            for d in offsets.iter().flat_map(|d| [-d, *d]) {
                let mut other = point.to_vec();
                other.iter_mut().skip(i).take(1).for_each(|x| *x += d * variable.step);
                near.push(other);
            }
        }
        near
    }

    /// Up to `wanted` places where the border of a node is crossed: along one size, or askew.
    fn crossings(&self, node: &Form, wanted: usize) -> Vec<[Vec<i64>; 2]> {
        let mut random = Random::new(0x5EED);
        let mut found = Vec::new();
        for turn in 0..400_usize {
            let (Some(p), Some(q)) = (random.pick(&self.places), random.pick(&self.places)) else { break };
            let kinds = p.len() + 1;
            let q: Vec<i64> = if p.len() > 1 && turn % kinds < p.len() {
                p.iter().zip(q).enumerate().map(|(i, (p, q))| if i == turn % kinds { *q } else { *p }).collect()
            } else {
                q.clone()
            };
            found.extend(self.crossing(node, p, &q));
            if found.len() >= wanted {
                break;
            }
        }
        found
    }

    /// Two neighbouring points on the segment from `p` to `q` with a border of the node between them.
    fn crossing(&self, node: &Form, p: &[i64], q: &[i64]) -> Option<[Vec<i64>; 2]> {
        let from = node.side(p)?;
        if from == node.side(q)? {
            return None;
        }
        let steps = p.iter().zip(q).map(|(p, q)| (q - p).abs()).max()?;
        let on = |s: i64| -> Vec<i64> { p.iter().zip(q).map(|(p, q)| p + (q - p) * s / steps.max(1)).collect() };
        let (mut low, mut high) = (0, steps);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if node.side(&on(middle))? == from { low = middle } else { high = middle }
        }
        let snap = |p: Vec<i64>| self.target.domain.snap(&p);
        Some([snap(on(low))?, snap(on(high))?])
    }

    /// Small points: every minimum and maximum is a chance that there is another one, which only shows there.
    fn small(&self, form: &Form, nodes: &[&Form]) -> bool {
        let extremes = nodes.iter().filter(|node| matches!(node, Form::Binary(Op::Min | Op::Max, ..))).count();
        let small = self.places.chunks(6).skip(100).filter_map(<[Vec<i64>]>::first);
        small.take((24 * extremes).min(120)).all(|place| self.agrees(form, place))
    }

    /// Where a slightly different expression would show.
    fn mutants(&self, form: &Form) -> bool {
        let samples = self.target.samples();
        let mut values: Vec<Option<i64>> = Vec::new();
        for mutant in form.mutants(&[-1, 1]) {
            // A side that is dropped shows in a region, of which the samples may have seen the larger part only.
            let dropped = mutant.weight() < form.weight();
            if !dropped && samples.iter().filter(|(p, v)| mutant.at(p) != Some(*v)).take(2).count() == 2 {
                continue;
            }
            let wanted = if dropped { 12 } else { 2 };
            let mut shown = 0;
            for (i, place) in self.places.iter().enumerate() {
                if values.len() == i {
                    values.push(form.at(place));
                }
                if values.get(i).copied().flatten() == mutant.at(place) {
                    continue;
                }
                if !self.agrees(form, place) {
                    return false;
                }
                shown += 1;
                if shown == wanted {
                    break;
                }
            }
        }
        true
    }

    /// Of candidates that hold, the one that also holds where they differ; the first of those that never do.
    pub(super) fn settle(&self, mut pool: Vec<Form>) -> Option<Form> {
        pool.sort_by_key(Form::weight);
        pool.dedup();
        if pool.len() > 1 {
            let mut borders = Vec::new();
            for form in &pool {
                let mut nodes = Vec::new();
                form.bordered(&mut nodes);
                for side in nodes.iter().flat_map(|node| self.crossings(node, 12)).flatten() {
                    borders.extend(self.around(&side, &(0..=24).collect::<Vec<i64>>()));
                }
            }
            for place in self.places.iter().chain(&borders) {
                let [first, others @ ..] = pool.as_slice() else { break };
                if others.is_empty() {
                    break;
                }
                let value = first.at(place);
                if others.iter().all(|other| other.at(place) == value) {
                    continue;
                }
                let seen = self.target.at(place);
                if self.target.exhausted() {
                    return None;
                }
                if let Some(seen) = seen {
                    self.target.refuters.borrow_mut().push((place.clone(), seen));
                    pool.retain(|form| form.at(place) == Some(seen));
                }
            }
        }
        pool.into_iter().next()
    }
}
