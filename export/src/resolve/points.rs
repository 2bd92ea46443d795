//! Which points of a space are tried. All choices are deterministic, so that an export is reproducible.

use super::domain::Domain;
use crate::solve::SizeVariable;
use symbolic::Expr;

/// A small generator of numbers (xorshift), seeded by what it is for.
pub(super) struct Numbers(u64);

impl Numbers {
    pub(super) fn new(seed: u64) -> Self {
        Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number of this range.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let count = high.saturating_sub(low).saturating_add(1).max(1);
        low + (self.next() % count.unsigned_abs()) as i64
    }

    /// A number of this range whose logarithm is evenly distributed.
    fn scattered(&mut self, low: i64, high: i64) -> i64 {
        let bits = 64 - high.saturating_sub(low).max(1).leading_zeros();
        let width = self.between(1, i64::from(bits).max(1)).clamp(1, 62);
        let part = self.between(0, (1 << width) - 1);
        low.saturating_add(part).min(high)
    }
}

/// Up to so many sizes, each pair of them is compared on its own.
const FEW: usize = 8;

/// How many rounds of pairs there are at most.
const ROUNDS: usize = 24;

/// So many multiples of a divisor are tried, and so many rests to find the first one.
const MULTIPLES: i64 = 64;
const MOST_RESTS: i64 = 1024;

/// How many points are drawn before a search for one that satisfies the guards ends.
pub(super) const DRAWS: usize = 200;

/// The pairs of so many sizes, in rounds: all others are as in the example. Each pair has its own round where there are few,
/// otherwise a round has as many pairs as it can, and there are at most `ROUNDS`.
fn rounds(count: usize) -> Vec<Vec<(usize, usize)>> {
    if count <= FEW {
        return (0..count).flat_map(|i| (0..i).map(move |j| vec![(i, j)])).collect();
    }
    // As in a tournament: the last one stays and the others go round, so that in the end each has met each.
    let even = count + count % 2;
    let moving = even - 1;
    let at = |round: usize, place: usize| if place == moving { moving } else { (round + place) % moving };
    let round = |round: usize| {
        let pairs = (0..even / 2).map(|place| (at(round, moving - place), at(round, place)));
        pairs.map(|(i, j)| (i.max(j), i.min(j))).filter(|(i, _)| *i < count).collect()
    };
    (0..moving.min(ROUNDS)).map(round).collect()
}

impl Domain {
    /// Points at which all sizes are large and different, in several orders. `bits` limits how large.
    pub(crate) fn generic(&self, count: usize, bits: u32) -> Vec<Vec<i64>> {
        let mut points: Vec<Vec<i64>> = Vec::new();
        let mut numbers = Numbers::new(0x67656e);
        for draw in 0..3 * DRAWS * count {
            if points.len() == count {
                break;
            }
            // Guards may leave few values of a size. Draws that guards exclude are moved towards the example, later ones keep
            // some of its sizes.
            let (moves, keeps) = (draw >= DRAWS * count, draw >= 2 * DRAWS * count);
            let point = self.drawn(|variable| {
                if keeps && numbers.between(0, 1) == 0 {
                    return variable.example;
                }
                let high = variable.high.min(1 << bits).max(variable.example);
                let low = variable.low.max(high / 4).min(high);
                numbers.between(low, high)
            });
            let point =
                if moves && !keeps { self.nearer(point) } else { Some(point).filter(|point| self.allows(point)) };
            points.extend(point.filter(|point| !points.contains(point) && *point != self.example()));
        }
        points
    }

    /// Points at which `by` divides an expression, or the next one. A forward that computes `(n as f64 * 0.41) as i64` gives
    /// `41*n//100`, but at some multiples of 100, where the float is a little less than an integer.
    pub(super) fn multiples(&self, of: &Expr, by: i64) -> Vec<Vec<i64>> {
        let with = |at: usize, size: i64| {
            let mut point = self.example();
            point[at] = size;
            point
        };
        let value = |point: &[i64]| {
            let values = self.values(point);
            of.eval(&|symbol| values.get(symbol).copied()).ok()
        };
        let mut points = Vec::new();
        for (at, variable) in self.space.variables.iter().enumerate() {
            // The remainders repeat after `by` steps.
            let start = variable.near(variable.low.max(0));
            let sizes =
                (0..by.saturating_abs().min(MOST_RESTS)).map(|k| start.saturating_add(variable.step.saturating_mul(k)));
            let values: Vec<(i64, Option<i64>)> = sizes.map(|size| (size, value(&with(at, size)))).collect();
            if values.windows(2).all(|pair| pair[0].1 == pair[1].1) {
                continue;
            }
            let period = by.saturating_abs().saturating_mul(variable.step);
            // Rounding up is `(n + by - 1)//by`.
            for rest in [0, by.saturating_abs() - 1] {
                let has_rest = |value: Option<i64>| value.and_then(|value| value.checked_rem_euclid(by)) == Some(rest);
                let Some((first, _)) = values.iter().find(|(_, value)| has_rest(*value)) else { continue };
                let repeated = (0..MULTIPLES).map(|k| with(at, first.saturating_add(k.saturating_mul(period))));
                points.extend(repeated.filter(|point| self.allows(point)));
            }
        }
        points
    }

    /// The point at which all sizes are as large as they may be with so many bits, whether or not guards allow it.
    pub(super) fn largest(&self, bits: u32) -> Vec<i64> {
        self.drawn(|variable| variable.high.min(1 << bits).max(variable.example))
    }

    /// Points at which every size takes each of 2 to 64, and then doubles; sizes move together, in another order each, so
    /// that the number of points does not depend on the number of sizes. Then sizes next to those of the example, and pairs of
    /// sizes that are equal or nearly so.
    pub(crate) fn sweep(&self, bits: u32) -> Vec<Vec<i64>> {
        let mut points = Vec::new();
        let count = self.space.variables.len();
        let mut add = |point: Vec<i64>| {
            let point = self.nearer(point).filter(|point| !points.contains(point));
            points.extend(point);
        };
        // 61 is prime, so the multiples of a variable's number visit every value once.
        for turn in 0..61_i64 {
            for shift in [0_i64, 1] {
                let at = |i: usize, variable: &SizeVariable| {
                    let place = (turn * (1 + i as i64 % 60) + shift * 7 * i as i64).rem_euclid(61);
                    (2 + place) * variable.step
                };
                let mut i = 0;
                add(self.drawn(|variable| {
                    i += 1;
                    at(i - 1, variable)
                }));
                if count < 2 {
                    break;
                }
            }
        }
        for bit in 6..=bits {
            for near in [-1, 0, 1] {
                for (i, _) in self.space.variables.iter().enumerate() {
                    let mut point = self.example();
                    let size = (1_i64 << bit) + near;
                    point[i] = self.space.variables[i].near(size);
                    add(point);
                    if count > 4 {
                        break;
                    }
                }
                let mut turn = i64::from(bit);
                add(self.drawn(|variable| {
                    turn += 1;
                    (1 << (6 + turn % i64::from(bits.max(7) - 5))) + near + variable.step * (turn % 3)
                }));
            }
        }
        // The sizes next to those of the example, where there are few: what a user would try.
        for (i, variable) in self.space.variables.iter().enumerate().take_while(|_| count <= FEW) {
            for by in [-1, 1] {
                let mut point = self.example();
                point[i] = variable.near(variable.example.saturating_add(by * variable.step));
                add(point);
            }
        }
        for pairs in rounds(count) {
            for size in [None, Some(37), Some(4099)] {
                for gap in [-1, 0, 1] {
                    let mut point = self.example();
                    for (i, j) in &pairs {
                        let size = size.unwrap_or(self.space.variables[*i].example);
                        (point[*i], point[*j]) =
                            (self.space.variables[*i].near(size + gap), self.space.variables[*j].near(size));
                    }
                    add(point);
                }
            }
        }
        points
    }

    /// Points whose sizes are spread over all magnitudes.
    pub(crate) fn scattered(&self, count: usize, bits: u32, seed: u64) -> Vec<Vec<i64>> {
        let mut numbers = Numbers::new(seed);
        let mut points = Vec::new();
        for _ in 0..DRAWS * count {
            if points.len() == count {
                break;
            }
            let point =
                self.drawn(|variable| numbers.scattered(variable.low, variable.high.min(1 << bits).max(variable.low)));
            points.extend(self.nearer(point).filter(|point| !points.contains(point)));
        }
        points
    }

    /// Small points that differ from the example, for runs with data. The first are the smallest.
    pub(crate) fn small(&self, count: usize, round: u64) -> Vec<Vec<i64>> {
        let mut points = Vec::new();
        let mut numbers = Numbers::new(0x736d_616c ^ round);
        for draw in 0..DRAWS * count {
            if points.len() == count {
                break;
            }
            let reach = 12 + (draw / 4) as i64;
            let point = self.drawn(|variable| {
                // What comes out of tensors is as in the example, since the inputs are made from it.
                if self.datum(&variable.symbol).is_some() {
                    return variable.example;
                }
                let low = if variable.low < 0 { 0 } else { variable.low };
                let high = low.saturating_add(reach.saturating_mul(variable.step)).min(variable.high.max(low));
                numbers.between(low, high)
            });
            // Sizes that differ from each other prove more.
            let equal = (1..point.len()).any(|i| point[..i].contains(&point[i]));
            let late = draw > DRAWS * count / 2;
            if (late || !equal) && self.allows(&point) && !points.contains(&point) && point != self.example() {
                points.push(point);
            }
        }
        points
    }

    /// Points that are nowhere larger than the example, for models that run only at large sizes.
    pub(crate) fn below(&self, count: usize) -> Vec<Vec<i64>> {
        self.next_to(count, 0x6265_6c6f, |variable, reach| {
            (variable.example.saturating_sub(reach).max(variable.low).min(variable.example), variable.example)
        })
    }

    /// Points that are nowhere smaller than the example, for models whose inputs have positions in other inputs.
    pub(crate) fn above(&self, count: usize) -> Vec<Vec<i64>> {
        self.next_to(count, 0x6162_6f76, |variable, reach| {
            (variable.example, variable.example.saturating_add(reach).min(variable.high).max(variable.example))
        })
    }

    /// Points next to the example, with sizes between two ends that depend on how far the search has come.
    fn next_to(&self, count: usize, seed: u64, ends: impl Fn(&SizeVariable, i64) -> (i64, i64)) -> Vec<Vec<i64>> {
        let mut points = Vec::new();
        let mut numbers = Numbers::new(seed);
        for draw in 0..DRAWS * count {
            if points.len() == count {
                break;
            }
            let reach = 1 + (draw / 4) as i64;
            let point = self.drawn(|variable| match self.datum(&variable.symbol) {
                Some(_) => variable.example,
                None => {
                    let (low, high) = ends(variable, reach.saturating_mul(variable.step));
                    numbers.between(low, high)
                }
            });
            if self.allows(&point) && !points.contains(&point) && point != self.example() {
                points.push(point);
            }
        }
        points
    }

    /// The point if it is valid. Otherwise the sizes in guards that do not hold go halfway to the example, and so on: where many
    /// sizes have to keep within one bound together, nearly no point at which each of them is drawn on its own is valid.
    fn nearer(&self, mut point: Vec<i64>) -> Option<Vec<i64>> {
        let example = self.example();
        while !self.allows(&point) {
            let before = point.clone();
            let wrong = self.violated(&point);
            for (i, variable) in self.space.variables.iter().enumerate().filter(|(i, _)| wrong.contains(i)) {
                point[i] = example[i] + (point[i] - example[i]) / variable.step / 2 * variable.step;
            }
            if point == before {
                return None;
            }
        }
        (point != example).then_some(point)
    }

    /// A point whose sizes are those that `pick` gives, moved to the nearest that the variable may have.
    pub(super) fn drawn(&self, mut pick: impl FnMut(&SizeVariable) -> i64) -> Vec<i64> {
        self.space.variables.iter().map(|variable| variable.near(pick(variable))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{FEW, ROUNDS, rounds};
    use std::collections::HashSet;

    #[test]
    fn each_size_meets_each_other_one() {
        for count in 0..40 {
            let rounds = rounds(count);
            let mut met = HashSet::new();
            for round in &rounds {
                let mut busy = HashSet::new();
                for (i, j) in round {
                    assert!(j < i && *i < count && busy.insert(i) && busy.insert(j), "{count}: {round:?}");
                    assert!(met.insert((*i, *j)), "{count}: ({i}, {j}) twice");
                }
            }
            if count <= ROUNDS {
                assert_eq!(met.len(), count * count.saturating_sub(1) / 2, "{count}");
            }
            assert!(count <= FEW || rounds.len() <= ROUNDS, "{count}");
        }
    }
}
