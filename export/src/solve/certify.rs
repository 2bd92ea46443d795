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
                4 => (0..count).map(|j| if j == i / 6 % count { random.range(2, 200) } else { random.log(TOP) }).collect(),
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
            && self.mutants(form)
            && !self.target.exhausted()
    }

    /// Both sides of a border, on segments between points.
    fn borders(&self, form: &Form, node: &Form) -> bool {
        let mut random = Random::new(0x5EED);
        let extreme = matches!(node, Form::Binary(Op::Min | Op::Max, ..));
        let (mut crossed, wanted) = (0, if extreme { 10 } else { 6 });
        for turn in 0..400_usize {
            let (Some(p), Some(q)) = (random.pick(&self.places), random.pick(&self.places)) else { return true };
            // Along one size, or askew.
            let kinds = p.len() + 1;
            let q: Vec<i64> = if p.len() > 1 && turn % kinds < p.len() {
                p.iter().zip(q).enumerate().map(|(i, (p, q))| if i == turn % kinds { *q } else { *p }).collect()
            } else {
                q.clone()
            };
            let Some(sides) = self.crossing(node, p, &q) else { continue };
            for side in &sides {
                if !self.agrees(form, side) {
                    return false;
                }
                if extreme {
                    for (i, v) in self.target.domain.variables.iter().enumerate() {
                        for d in [-2, -1, 1, 2] {
                            let mut near = side.clone();
                            near.iter_mut().skip(i).take(1).for_each(|x| *x += d * v.step);
                            if crossed < 3 && !self.agrees(form, &near) {
                                return false;
                            }
                        }
                    }
                }
            }
            crossed += 1;
            if crossed == wanted {
                break;
            }
        }
        true
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

    /// Where a slightly different expression would show.
    fn mutants(&self, form: &Form) -> bool {
        let samples = self.target.samples();
        let mut values: Vec<Option<i64>> = Vec::new();
        for mutant in form.mutants(&[-1, 1]) {
            if samples.iter().filter(|(p, v)| mutant.at(p) != Some(*v)).take(2).count() == 2 {
                continue;
            }
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
                if shown == 2 {
                    break;
                }
            }
        }
        true
    }

    /// Of candidates that hold, the one that also holds where they differ; the first of those that never do.
    pub(super) fn settle(&self, mut pool: Vec<Form>) -> Option<Form> {
        pool.sort_by_key(Form::weight);
        for place in &self.places {
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
        pool.into_iter().next()
    }
}
