//! The sizes at which a forward is run to see whether it ever takes another path.

use std::collections::HashSet;

use super::domain::{Domain, Point};
use super::rng::Rng;

/// Sizes from the least to this are all tried along each variable.
const DENSE: i64 = 64;

/// With more variables than this, each alone takes fewer sizes, and all together take all sizes up to `DENSE`.
const FEW: usize = 3;
/// How many sizes each variable then takes alone.
const SPARSE: i64 = 16;

/// The points, without repeats, the smallest sizes first.
pub(super) fn points(domain: &Domain<'_>) -> Vec<Point> {
    let mut sweep = Sweep { domain, seen: HashSet::new(), points: Vec::new() };
    let example = domain.example();
    for at in 0..domain.len() {
        if domain.is_free(at) {
            sweep.along(at, &example);
        }
    }
    sweep.between(&example);
    sweep.together();
    sweep.generic();
    let mut points = sweep.points;
    // The sort is stable. An allocation of a forward that follows a size can end the process, so sizes grow.
    points.sort_by_key(|p| {
        let largest = p.iter().copied().max().unwrap_or_default();
        if largest <= DENSE { 0 } else { i64::BITS - largest.leading_zeros() }
    });
    points
}

fn is_few(domain: &Domain<'_>) -> bool {
    domain.len() <= FEW
}

/// The values that one size takes alone: all small ones, those around powers of two, those around the example.
pub(super) fn along(domain: &Domain<'_>, at: usize) -> Vec<i128> {
    let (low, high) = domain.bounds(at);
    let own = i128::from(domain.example().get(at).copied().unwrap_or_default());
    let step = i128::from(domain.step(at));
    let (low, high) = (i128::from(low), i128::from(high));
    let few = is_few(domain);
    let mut values: Vec<i128> = (0..i128::from(if few { DENSE } else { SPARSE }))
        .map(|k| low + k * step)
        .filter(|v| *v <= 64 * step.max(low))
        .collect();
    let mut power = if few { 128 } else { 32 };
    while power <= high {
        let next_to = if few { 1 } else { 0 };
        values.extend(power - next_to..=power + next_to);
        power *= 2;
    }
    values.extend([high, 2 * own, 3 * own, own / 2]);
    values.extend((1..=3).flat_map(|k| [own - k * step, own + k * step]));
    // A value that is snapped to the greatest size says nothing new.
    values.retain(|value| *value <= high + step);
    values
}

struct Sweep<'d> {
    domain: &'d Domain<'d>,
    seen: HashSet<Point>,
    points: Vec<Point>,
}

impl Sweep<'_> {
    fn add(&mut self, point: Option<Point>) {
        if let Some(point) = point
            && self.seen.insert(point.clone())
        {
            self.points.push(point);
        }
    }

    fn set(&mut self, base: &[i64], changes: &[(usize, i128)]) {
        let mut point = base.to_vec();
        for (at, value) in changes {
            if let Some(size) = point.get_mut(*at) {
                *size = self.domain.snap(*at, *value);
            }
        }
        self.add(self.domain.settle(point));
    }

    fn is_few(&self) -> bool {
        is_few(self.domain)
    }

    /// One size, the others as in the example.
    fn along(&mut self, at: usize, example: &[i64]) {
        for value in along(self.domain, at) {
            self.set(example, &[(at, value)]);
        }
    }

    /// Two sizes, the others as in the example: equal, off by one, multiples, moved together and apart.
    fn between(&mut self, example: &[i64]) {
        let count = self.domain.len();
        let free: Vec<usize> = (0..count).filter(|at| self.domain.is_free(*at)).collect();
        for (n, x) in free.iter().enumerate() {
            for y in free.iter().skip(n + 1).take(if self.is_few() { FEW } else { 1 }) {
                for (x, y) in [(*x, *y), (*y, *x)] {
                    let own = i128::from(example.get(x).copied().unwrap_or_default());
                    let other = i128::from(example.get(y).copied().unwrap_or_default());
                    for value in [own, own + 1, own - 1, 2 * own, 3 * own, own / 2, own * own] {
                        self.set(example, &[(y, value)]);
                    }
                    for by in [1, 2, 5, 30] {
                        self.set(example, &[(x, own + by), (y, other + by)]);
                        self.set(example, &[(x, own + by), (y, other - by)]);
                    }
                    self.set(example, &[(x, own * 2), (y, other * 2)]);
                    self.set(example, &[(x, own * 3), (y, other * 2)]);
                    self.set(example, &[(x, own * 8), (y, other * 8)]);
                }
            }
        }
    }

    /// All sizes at once: equal, in rising and falling order, off by one, multiples of each other.
    fn together(&mut self) {
        let count = self.domain.len();
        let all = |f: &dyn Fn(usize) -> i128| (0..count).map(|i| (i, f(i))).collect::<Vec<_>>();
        let base = self.domain.example();
        for v in [2, 3, 4, 5, 6, 7, 8, 11, 12, 16, 17, 24, 32, 50, 64, 100, 128, 1000, 1024, 65536] {
            self.set(&base, &all(&|_| v));
        }
        if !self.is_few() {
            for v in 2..=i128::from(DENSE) {
                self.set(&base, &all(&|i| 2 + (v + 3 * i as i128) % i128::from(DENSE - 1)));
            }
        }
        for v in [3_i128, 10, 24, 100] {
            for turn in 0..count.min(8) {
                let place = |i: usize| ((i + turn) % count) as i128;
                self.set(&base, &all(&|i| v + place(i)));
                self.set(&base, &all(&|i| v * (1 + place(i))));
                self.set(&base, &all(&|i| v << place(i).min(12)));
            }
            self.set(&base, &all(&|i| v + (count - i) as i128));
            self.set(&base, &all(&|i| v * (count - i) as i128));
            // By the bits of their index, each two variables differ in one of these points.
            for bit in (0..usize::BITS).take_while(|bit| count.saturating_sub(1) >> bit > 0) {
                self.set(&base, &all(&|i| v + (i >> bit & 1) as i128));
                self.set(&base, &all(&|i| v + 1 - (i >> bit & 1) as i128));
            }
        }
    }

    /// Sizes without a relation, up to the greatest.
    fn generic(&mut self) {
        let mut rng = Rng::new(0x7061_7468);
        for _ in 0..12 + 4 * self.domain.len().min(8) {
            self.add(self.domain.random(&mut rng));
        }
    }
}
