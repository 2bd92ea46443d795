//! Constants that a number shows along each size: periods, slopes, places where it bends, values at which it stays.

use symbolic::arith::gcd;

use super::bank::Constants;
use super::domain::TOP;
use super::target::Target;

/// At most so many constants of a kind are kept.
const KEPT: usize = 6;

/// The constants that the number shows, with a few that are common.
pub(super) fn learned(target: &Target<'_>, relevant: &[usize]) -> Constants {
    let mut learned = Learned::default();
    let lows: Vec<i64> = target.domain.variables.iter().map(|v| v.low).collect();
    let far: Vec<i64> = (0..lows.len() as i64).map(|i| 530_011 + 77_003 * (i % 5) + 10_007 * (i % 7)).collect();
    let mut flat: Vec<Flat> = Vec::new();
    for base in [far, lows] {
        let Some(base) = target.domain.snap(&base) else { continue };
        for i in relevant {
            flat.extend(learned.along(target, &base, *i));
        }
    }
    // The divisors are known now.
    for flat in flat {
        learned.end_of(target, &flat);
    }
    learned.constants()
}

/// A line on which the number stays the same from a point for longer than its periods. It is held by a minimum or maximum.
struct Flat {
    base: Vec<i64>,
    i: usize,
    /// In which direction the end is, and where the line ends.
    step: i64,
    end: i64,
}

#[derive(Default)]
struct Learned {
    divisors: Vec<i64>,
    numbers: Vec<i64>,
}

impl Learned {
    /// Learns along one size. Returns the line if the number is held along it.
    fn along(&mut self, target: &Target<'_>, base: &[i64], i: usize) -> Option<Flat> {
        let variable = target.domain.variables.get(i)?;
        let step = variable.step;
        let at = |x: i64| {
            let mut point = base.to_vec();
            point.iter_mut().skip(i).take(1).for_each(|c| *c = x);
            target.at(&point)
        };
        let start = base.get(i).copied()?;
        let end = start.saturating_add(400_000 * step).min(variable.high);
        let end = end - (end - start).rem_euclid(step);
        let (first, last) = (at(start)?, at(end)?);
        self.slope(last.wrapping_sub(first), end - start);
        if end > start && at(end - step) == Some(last) {
            self.number(last);
        }
        // The slope between jumps, and the jumps.
        let differences: Vec<i64> =
            (0..5).filter_map(|d| Some(at(start + (d + 1) * step)? - at(start + d * step)?)).collect();
        let usual = differences.iter().max_by_key(|d| differences.iter().filter(|e| e == d).count()).copied()?;
        if usual == 0 {
            self.number(first);
        }
        let mut jumps = vec![];
        let mut from = start;
        while jumps.len() < 3 {
            let Some(jump) = jump(&at, from, usual, step, variable.high) else { break };
            jumps.push(jump);
            from = jump;
        }
        for pair in jumps.windows(2) {
            if let [a, b] = pair {
                self.divisor(b - a);
            }
        }
        if let Some(gap) = jumps.get(1).zip(jumps.first()).map(|(b, a)| b - a) {
            // A gap is k, or about k/a where the size is multiplied by a.
            for factor in 2..=4 {
                self.divisor(gap * factor);
            }
        }
        // Where it bends for the first time, upwards and downwards.
        let down = jump(&at, start, usual, -step, variable.low);
        for bend in jumps.first().copied().into_iter().chain(down) {
            self.bend(bend, step, at(bend));
        }
        if usual != 0 {
            return None;
        }
        let flat = |step: i64, end: i64| Some(Flat { base: base.to_vec(), i, step, end });
        match jumps.as_slice() {
            [] => flat(-step, variable.low),
            [first, second, ..] if first - start > 2 * (second - first) => flat(step, *second),
            _ => None,
        }
    }

    /// The end of a flat line. Beyond it the number may be periodic and take the same value again, so two values are
    /// compared that are a period apart.
    fn end_of(&mut self, target: &Target<'_>, flat: &Flat) {
        let Some(period) = self.divisors.iter().min().copied() else { return };
        let Some(start) = flat.base.get(flat.i).copied() else { return };
        let at = |steps: i64| {
            let mut point = flat.base.clone();
            point.iter_mut().skip(flat.i).take(1).for_each(|c| *c += steps * flat.step);
            target.at(&point)
        };
        let most = (flat.end - start) / flat.step;
        let Some(value) = at(0) else { return };
        let differs = |steps: i64| at(steps.min(most)).is_some_and(|v| v != value);
        let leaves = |steps: i64| differs(steps) || differs(steps + period);
        let mut high = 1;
        while !leaves(high) {
            if high >= most {
                return;
            }
            high *= 2;
        }
        let mut low = high / 2;
        let mut high = high.min(most);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if leaves(middle) { high = middle } else { low = middle }
        }
        let bend = start + flat.step * if differs(high) { high } else { high + period };
        self.bend(bend, flat.step.abs(), at((bend - start) / flat.step));
    }

    /// The numbers that a place where the line bends may come from.
    fn bend(&mut self, bend: i64, step: i64, value: Option<i64>) {
        if bend < TOP / 4 {
            self.number(bend);
            self.number(bend - step);
            self.numbers.extend(value.filter(|v| v.abs() < TOP));
            for k in self.divisors.clone() {
                self.number(bend.div_euclid(k.max(1)));
            }
        }
    }

    fn divisor(&mut self, k: i64) {
        if (2..=20_000).contains(&k) && !self.divisors.contains(&k) {
            self.divisors.push(k);
        }
    }

    fn number(&mut self, n: i64) {
        if (1..TOP).contains(&n.abs()) && !self.numbers.contains(&n.abs()) {
            self.numbers.push(n.abs());
        }
    }

    /// The simplest fractions that a slope may be: its value is known up to a few units in `rise`.
    fn slope(&mut self, rise: i64, run: i64) {
        if run <= 0 {
            return;
        }
        let divisor = i64::try_from(gcd(rise.into(), run.into())).unwrap_or(1).max(1);
        let (mut n, mut d) = (rise / divisor, run / divisor);
        let (mut p, mut q) = ((0_i128, 1_i128), (1_i128, 0_i128));
        let mut found = 0;
        while d != 0 && found < 2 {
            let whole = i128::from(n.div_euclid(d));
            (p, q) = ((p.1, whole * p.1 + p.0), (q.1, whole * q.1 + q.0));
            (n, d) = (d, n.rem_euclid(d));
            if q.1 > 20_000 {
                break;
            }
            let error = i128::from(rise) * q.1 - p.1 * i128::from(run);
            if error.abs() <= 3 * q.1 {
                found += 1;
                self.divisor(q.1 as i64);
                if p.1.abs() > 1 && p.1.abs() < 10_000 {
                    self.number(p.1 as i64);
                }
            }
        }
    }

    fn constants(mut self) -> Constants {
        self.divisors.truncate(KEPT);
        self.numbers.sort_by_key(|n| n.abs());
        let mut numbers: Vec<i64> = self.numbers.iter().copied().filter(|n| *n > 0).take(KEPT + 4).collect();
        let mut thresholds: Vec<i64> = numbers.iter().flat_map(|n| [*n, -*n, n - 1, n + 1]).collect();
        for n in 1..=4 {
            if !numbers.contains(&n) {
                numbers.push(n);
            }
        }
        thresholds.extend([0, 1, 2]);
        for k in &self.divisors {
            thresholds.push(k - 1);
            if !numbers.contains(&(k - 1)) {
                numbers.push(k - 1);
            }
        }
        if !self.divisors.contains(&2) {
            self.divisors.push(2);
        }
        thresholds.sort();
        thresholds.dedup();
        Constants { divisors: self.divisors, numbers, thresholds, products: true }
    }
}

/// The first place beyond `from` where the number leaves the line with this slope; `step` says in which direction to go.
fn jump(at: &impl Fn(i64) -> Option<i64>, from: i64, slope: i64, step: i64, end: i64) -> Option<i64> {
    let start = at(from)?;
    let slope = if step > 0 { slope } else { slope.checked_neg()? };
    let leaves = |count: i64| Some(at(from + count * step)? != start.checked_add(slope.checked_mul(count)?)?);
    let most = (end - from) / step;
    let mut high = 1;
    while !leaves(high.min(most))? {
        if high >= most {
            return None;
        }
        high *= 2;
    }
    let (mut low, mut high) = (high / 2, high.min(most));
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if leaves(middle)? { high = middle } else { low = middle }
    }
    Some(from + high * step)
}
