//! Whether a candidate is what a number is: asked where it could differ.

use super::borders::Border;
use super::domain::Random;
use super::form::Form;
use super::target::Target;
use super::tidy::tidied;

/// Up to so many bits of constants, an expression is one that people write. With more of them it may be a close
/// approximation that was chosen among many, so it is asked for more.
const PLAIN: u32 = 16;

/// So many of the points that only just reach a jump are asked, and as many of those that only just miss it.
const TIGHT: usize = 16;

/// So many segments that cross a minimum or maximum are asked where its sides differ by a few units.
const LEVELED: usize = 3;

/// So many of the smallest values of a size are asked together with those of another one.
const DENSE: i64 = 9;

/// The bits of all constants.
fn bits(form: &Form) -> u32 {
    let mut numbers = Vec::new();
    form.numbers(&mut numbers);
    numbers.iter().map(|n| 64 - n.unsigned_abs().leading_zeros()).sum()
}

/// What the constants of an expression say about it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wording {
    /// People write such constants.
    Plain,
    /// A quotient has many constants, or long ones. Another expression may be meant, which is taken where one is found.
    Contrived,
    /// A quotient has so many that some choice of them fits nearly any number, except where nobody looks.
    Arbitrary,
}

impl Wording {
    /// `(197*n + n//276 + 8616)//19578` has 46 bits of constants, and differs from `(n//160 + n + 44)//100` at 23 sizes out of
    /// a million.
    pub(super) fn of(form: &Form) -> Wording {
        let quotients = form.borders().into_iter().filter_map(|border| {
            let (numerator, k) = border.division()?;
            Some(bits(numerator) + bits(&Form::Int(k)))
        });
        match quotients.max().unwrap_or(0) {
            0..=28 => Wording::Plain,
            29..=40 => Wording::Contrived,
            _ => Wording::Arbitrary,
        }
    }
}

/// Asks a number at further points and tells which candidates hold.
pub(super) struct Judge<'t, 'n> {
    pub(super) target: &'t Target<'n>,
    /// Points at which no shared run was made.
    fresh: Vec<Vec<i64>>,
}

impl<'t, 'n> Judge<'t, 'n> {
    pub(super) fn new(target: &'t Target<'n>) -> Judge<'t, 'n> {
        let mut random = Random::new(0xF2E5);
        let domain = target.domain;
        let fresh = (0..48).filter_map(|i| domain.snap(&domain.place(i * 5 + 1, &mut random))).collect();
        Judge { target, fresh }
    }

    pub(super) fn agrees(&self, form: &Form, point: &[i64]) -> bool {
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

    /// Whether the candidate agrees with all that is known.
    pub(super) fn fits(&self, form: &Form) -> bool {
        !self.refuted(form) && self.target.agrees_with(form)
    }

    /// Whether the candidate holds wherever it could be wrong. False once the budget is used up.
    pub(super) fn holds(&self, form: &Form) -> bool {
        self.is_likely(form) && self.beyond_doubt(form)
    }

    /// Whether the candidate holds at the points that refute nearly all others. False once the budget is used up.
    pub(super) fn is_likely(&self, form: &Form) -> bool {
        if self.refuted(form) || self.target.exhausted() {
            return false;
        }
        if Wording::of(form) == Wording::Arbitrary && Wording::of(&tidied(form.clone())) == Wording::Arbitrary {
            return false;
        }
        let borders = form.borders();
        self.target.agrees_with(form)
            && self.fresh.iter().all(|p| self.agrees(form, p))
            && self.leveled(form, &borders)
            && borders.iter().all(|border| self.crossed(form, border))
            && borders.iter().all(|border| self.tight(form, border))
            && self.small(form, &borders)
            && self.mutants(form)
            && !self.target.exhausted()
    }

    /// Where the sides of a minimum or maximum differ by a few units. Of two candidates with thresholds that are close, few
    /// of these points tell which one is wrong, so they come first and the budget is kept.
    fn leveled(&self, form: &Form, borders: &[Border<'_>]) -> bool {
        let mut extremes = borders.iter().filter(|border| border.is_extreme());
        extremes.all(|border| self.target.domain.leveled(border, LEVELED).iter().all(|point| self.agrees(form, point)))
    }

    /// Both sides of a border, on segments between points. Around the first ones, points farther away are asked as well: a
    /// border may be a fringe of several jumps. A minimum or maximum whose sides are never exchanged is not shown by
    /// anything, so it does not hold.
    fn crossed(&self, form: &Form, border: &Border<'_>) -> bool {
        let domain = self.target.domain;
        let extreme = border.is_extreme();
        let wanted =
            if extreme { 10 } else { 6 } + 2 * usize::try_from(bits(form).saturating_sub(PLAIN)).unwrap_or(0).min(30);
        let crossings = domain.crossings(border, wanted);
        if extreme && crossings.is_empty() {
            return false;
        }
        let agree = |points: &[Vec<i64>]| points.iter().all(|point| self.agrees(form, point));
        crossings.iter().enumerate().all(|(crossed, sides)| {
            sides.iter().all(|side| {
                let offsets: &[i64] = match (crossed, extreme) {
                    (0..2, true) => &[1, 2, 5],
                    (0..2, false) => &[1, 2, 3, 6, 11, 19],
                    _ => &[],
                };
                self.agrees(form, side) && agree(&self.around(side, offsets))
            })
        }) && domain.corners(border).iter().all(|sides| agree(sides))
    }

    /// Points that only just reach a jump. A quotient of large numbers may be so close to another one that only these
    /// tell them apart, the farther out the better.
    fn tight(&self, form: &Form, border: &Border<'_>) -> bool {
        let Some((numerator, k)) = border.division() else { return true };
        if k < 256 || bits(form) <= PLAIN {
            return true;
        }
        let domain = self.target.domain;
        let mut random = Random::new(0x7167);
        let mut sides: [Vec<(i128, Vec<i64>)>; 2] = [Vec::new(), Vec::new()];
        for turn in 0..600 {
            let drawn: Vec<i64> = domain.variables.iter().map(|v| random.range(v.high / 8, v.high)).collect();
            let mut moved = drawn.clone();
            let moving = moved.iter_mut().zip(&domain.variables).skip(turn % drawn.len().max(1)).take(1);
            moving.for_each(|(x, v)| *x = random.range(v.low, v.high));
            for point in domain.crossing(border, &drawn, &moved).into_iter().flatten() {
                let Some(n) = numerator.at(&point) else { continue };
                let over = n.rem_euclid(k);
                let slack = |s: i64| (i128::from(s) + 1) * (1 << 50) / i128::from(n).abs().max(1);
                let [reached, missed] = &mut sides;
                if over < k - over {
                    reached.push((slack(over), point))
                } else {
                    missed.push((slack(k - 1 - over), point))
                }
            }
        }
        sides.iter_mut().all(|side| {
            side.sort();
            side.dedup();
            side.iter().take(TIGHT).all(|(_, point)| self.agrees(form, point))
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

    /// Small points: every minimum and maximum is a chance that there is another one, which only shows there.
    fn small(&self, form: &Form, borders: &[Border<'_>]) -> bool {
        let extremes = borders.iter().filter(|border| border.is_extreme()).count();
        let small = self.target.domain.some_places().chunks(7).skip(100).filter_map(<[Vec<i64>]>::first);
        small.take((24 * extremes).min(120)).all(|place| self.agrees(form, place))
            && (extremes == 0 || self.dense(form).iter().all(|point| self.agrees(form, point)))
    }

    /// All pairs of the smallest values of two sizes, the others as in the example: a quotient and a remainder that are
    /// both 0 at 8 only leave three points at which a minimum with them shows.
    fn dense(&self, form: &Form) -> Vec<Vec<i64>> {
        let domain = self.target.domain;
        let mut sizes = Vec::new();
        form.variables(&mut sizes);
        let mut points = vec![domain.example()];
        for i in sizes.into_iter().take(2) {
            let Some(variable) = domain.variables.get(i) else { continue };
            let smallest = (0..DENSE).map(|k| variable.low + k * variable.step);
            let moved = |x: i64| {
                points
                    .iter()
                    .map(move |point| point.iter().enumerate().map(|(j, y)| if i == j { x } else { *y }).collect())
            };
            points = smallest.flat_map(moved).collect();
        }
        points
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
            for (i, place) in self.target.domain.all_places().enumerate() {
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
                let all = form.borders();
                for side in all.iter().flat_map(|border| self.target.domain.crossings(border, 12)).flatten() {
                    borders.extend(self.around(&side, &(0..=24).collect::<Vec<i64>>()));
                }
            }
            for place in self.target.domain.all_places().chain(&borders) {
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
