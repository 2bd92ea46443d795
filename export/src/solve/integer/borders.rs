//! The places where the value of an expression jumps or changes sides, and points on both sides of them.

use super::domain::{Domain, Random};
use super::form::{Form, Op};

/// A quotient or remainder, whose value jumps, or a minimum or maximum, which changes sides.
pub(super) struct Border<'f> {
    op: Op,
    left: &'f Form,
    right: &'f Form,
    /// What is around this node may hide a difference of less than this, or one of a multiple of it: the divisors of the
    /// quotients and remainders that it is in.
    grain: i64,
}

/// A numerator and its divisor.
pub(super) type Ratio<'f> = (&'f Form, &'f Form);

/// Two points, the border between them.
pub(super) type Sides = [Vec<i64>; 2];

impl Form {
    /// All borders of the expression.
    pub(super) fn borders(&self) -> Vec<Border<'_>> {
        let mut found = Vec::new();
        self.collect_borders(1, &mut found);
        found
    }

    fn collect_borders<'f>(&'f self, grain: i64, found: &mut Vec<Border<'f>>) {
        match self {
            Form::Int(_) | Form::Variable(_) => {}
            Form::Part(form) => form.collect_borders(grain, found),
            Form::Binary(op, left, right) => {
                if matches!(op, Op::Div | Op::Mod | Op::Min | Op::Max) {
                    found.push(Border { op: *op, left, right, grain });
                }
                let inside = match (op, &**right) {
                    (Op::Div | Op::Mod, Form::Int(k)) => grain.saturating_mul((*k).max(1)),
                    _ => grain,
                };
                left.collect_borders(inside, found);
                right.collect_borders(inside, found);
            }
        }
    }
}

impl<'f> Border<'f> {
    /// Whether this is a minimum or maximum.
    pub(super) fn is_extreme(&self) -> bool {
        matches!(self.op, Op::Min | Op::Max)
    }

    /// The numerator and divisor of a quotient or remainder by a number.
    pub(super) fn division(&self) -> Option<(&Form, i64)> {
        match (self.op, self.right) {
            (Op::Div | Op::Mod, Form::Int(k)) => Some((self.left, *k)),
            _ => None,
        }
    }

    /// The numerator and divisor of a quotient or remainder.
    pub(super) fn fraction(&self) -> Option<Ratio<'f>> {
        matches!(self.op, Op::Div | Op::Mod).then_some((self.left, self.right))
    }

    /// The numerator and divisor of a quotient or remainder by what is not a number.
    pub(super) fn ratio(&self) -> Option<Ratio<'f>> {
        self.fraction().filter(|(_, divisor)| !matches!(divisor, Form::Int(_)))
    }

    /// The side on which a point lies: for a quotient its value, for a minimum or maximum which of the two it is.
    pub(super) fn side(&self, point: &[i64]) -> Option<i64> {
        let (left, right) = (self.left.at(point)?, self.right.at(point)?);
        if self.is_extreme() { Some(i64::from(left > right)) } else { Op::Div.apply(left, right) }
    }

    /// By how much the two sides of a minimum or maximum differ at points that are worth a look: a few units, and as much
    /// as what is around it can hide.
    fn levels(&self) -> Vec<i64> {
        let mut levels = vec![1, 2, 3, 5];
        if self.grain > 1 && self.grain < 1 << 40 {
            levels.extend([self.grain - 1, self.grain, 2 * self.grain]);
        }
        levels.iter().flat_map(|level| [*level, -level]).collect()
    }
}

impl Domain {
    /// Up to `wanted` places where a border is crossed on a segment between points: along one size, or askew.
    pub(super) fn crossings(&self, border: &Border<'_>, wanted: usize) -> Vec<Sides> {
        self.segments(border, wanted).into_iter().map(|(_, sides)| sides).collect()
    }

    /// Segments between points on which a border is crossed, and the points next to it.
    fn segments(&self, border: &Border<'_>, wanted: usize) -> Vec<(Sides, Sides)> {
        let mut random = Random::new(0x5EED);
        let places = self.some_places();
        let mut found = Vec::new();
        for turn in 0..400_usize {
            let (Some(p), Some(q)) = (random.pick(places), random.pick(places)) else { break };
            let kinds = p.len() + 1;
            let q: Vec<i64> = if p.len() > 1 && turn % kinds < p.len() {
                p.iter().zip(q).enumerate().map(|(i, (p, q))| if i == turn % kinds { *q } else { *p }).collect()
            } else {
                q.clone()
            };
            found.extend(self.crossing(border, p, &q).map(|sides| ([p.clone(), q], sides)));
            if found.len() >= wanted {
                break;
            }
        }
        found
    }

    /// Two neighbouring points on the segment from `p` to `q` with a border between them.
    pub(super) fn crossing(&self, border: &Border<'_>, p: &[i64], q: &[i64]) -> Option<Sides> {
        self.change(&|point| border.side(point), p, q)
    }

    /// Points around a minimum or maximum at which its sides differ by a few units, or by as much as what is around it
    /// hides. The sizes do not tell that: `x//160` is the same at 160 sizes, and `Max(x, 9) % 3` is `Max(x, 6) % 3` next
    /// to their borders.
    pub(super) fn leveled(&self, border: &Border<'_>, wanted: usize) -> Vec<Vec<i64>> {
        let mut found = Vec::new();
        for ([p, q], _) in self.segments(border, wanted) {
            for level in border.levels() {
                let beyond = |point: &[i64]| {
                    let difference = border.left.at(point)?.checked_sub(border.right.at(point)?)?;
                    Some(i64::from(difference > level))
                };
                found.extend(self.change(&beyond, &p, &q).into_iter().flatten());
            }
        }
        found
    }

    /// Places where a border is crossed while one size is among its smallest. A minimum or maximum that is not known of
    /// often shows there only, and in a quotient only next to a jump.
    pub(super) fn corners(&self, border: &Border<'_>) -> Vec<Sides> {
        let mut random = Random::new(0xC0E2);
        let places = self.some_places();
        let mut found = Vec::new();
        for (i, variable) in self.variables.iter().enumerate() {
            for steps in [0, 1, 2, 4] {
                let small = variable.low + steps * variable.step;
                for _ in 0..8 {
                    let (Some(p), Some(q)) = (random.pick(places), random.pick(places)) else { break };
                    let (mut p, mut q) = (p.clone(), q.clone());
                    for point in [&mut p, &mut q] {
                        point.iter_mut().skip(i).take(1).for_each(|x| *x = small);
                    }
                    if let Some(sides) = self.crossing(border, &p, &q) {
                        found.push(sides);
                        break;
                    }
                }
            }
        }
        found
    }

    /// Two neighbouring points on the segment from `p` to `q` between which a value changes; `None` if it is the same at
    /// both ends.
    fn change(&self, value: &dyn Fn(&[i64]) -> Option<i64>, p: &[i64], q: &[i64]) -> Option<Sides> {
        let from = value(p)?;
        if from == value(q)? {
            return None;
        }
        let steps = p.iter().zip(q).map(|(p, q)| (q - p).abs()).max()?;
        let on = |s: i64| -> Vec<i64> { p.iter().zip(q).map(|(p, q)| p + (q - p) * s / steps.max(1)).collect() };
        let (mut low, mut high) = (0, steps);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if value(&on(middle))? == from { low = middle } else { high = middle }
        }
        Some([self.snap(&on(low))?, self.snap(&on(high))?])
    }
}
