//! Finds expressions that are an operation of entries of a bank, the outermost constants inferred from the values.

use std::collections::HashMap;

use symbolic::arith::gcd;

use super::bank::{Bank, Entry};
use super::certify::Judge;
use super::domain::Random;
use super::form::{Form, Op};
use super::target::Target;
use super::tidy::tidied;

/// Takes a candidate; true once there are enough.
type Offer<'o> = &'o mut dyn FnMut(Form) -> bool;

/// So many candidates that hold are compared with each other.
const POOL: usize = 4;

/// A minimum or maximum is not looked for any longer once so many values were compared.
const WORK: usize = 25_000_000;

/// A search in one bank. `values` are those of the number at the points of the bank.
pub(super) struct Search<'s, 'n> {
    pub(super) bank: &'s Bank,
    pub(super) values: &'s [i64],
    /// The number is `scale * value + rest`.
    pub(super) scale: i64,
    pub(super) rest: i64,
    pub(super) target: &'s Target<'n>,
    pub(super) judge: &'s Judge<'s, 'n>,
}

impl Search<'_, '_> {
    /// The smallest expression that holds.
    pub(super) fn run(&self) -> Option<Form> {
        type Tier = fn(&Search<'_, '_>, Offer<'_>);
        let tiers: [Tier; 7] = [
            |s, o| s.entry(o),
            |s, o| s.remainder(o),
            |s, o| s.quotient(o),
            |s, o| s.sum(o),
            |s, o| s.extreme(Op::Max, o),
            |s, o| s.extreme(Op::Min, o),
            |s, o| s.ratio(o),
        ];
        for tier in tiers {
            // If all candidates of a round are refuted, those behind them get their turn.
            for _ in 0..3 {
                let (mut pool, mut repairs) = (Vec::new(), 0);
                tier(self, &mut |form| {
                    let form = self.whole(form);
                    if !pool.is_empty() {
                        // Where two of them differ one run refutes one of them, so no others are asked for this one.
                        if self.judge.fits(&form) {
                            pool.push(form);
                        }
                    } else if self.judge.is_likely(&form) {
                        pool.push(form);
                    } else {
                        repairs += 1;
                        if repairs <= 12 {
                            pool.extend(self.repaired(&form));
                        }
                    }
                    pool.len() >= POOL || self.target.exhausted()
                });
                if self.target.exhausted() {
                    return None;
                }
                if pool.is_empty() {
                    break;
                }
                let mut likely = pool.first().cloned();
                while let Some(form) = self.judge.settle(pool.clone()) {
                    let held = likely.take().is_some_and(|likely| likely == form) || self.judge.is_likely(&form);
                    if held && self.judge.beyond_doubt(&form) {
                        return Some(form);
                    }
                    if self.target.exhausted() {
                        return None;
                    }
                    pool.retain(|other| *other != form && !self.judge.refuted(other));
                }
            }
        }
        None
    }

    fn whole(&self, form: Form) -> Form {
        if self.scale == 1 {
            form.plus(self.rest)
        } else {
            Form::new(Op::Mul, Form::Int(self.scale), form).plus(self.rest)
        }
    }

    /// The value at another point.
    fn ask(&self, point: &[i64]) -> Option<i64> {
        let value = self.target.at(point)?.checked_sub(self.rest)?;
        (value % self.scale == 0).then_some(value / self.scale)
    }

    /// The candidate with another constant, if that holds: the values at the points of the bank may leave it open.
    fn repaired(&self, form: &Form) -> Option<Form> {
        let near: Vec<i64> = (-80..=80).collect();
        form.mutants(&near).into_iter().find(|m| self.judge.fits(m) && self.judge.is_likely(m))
    }

    fn first(&self) -> i64 {
        self.values.first().copied().unwrap_or(0)
    }

    fn count(&self) -> usize {
        self.values.len()
    }

    fn seen(&self, point: usize) -> i64 {
        self.values.get(point).copied().unwrap_or(0)
    }

    /// `form + c` with the constant of the first point, if it gives the values at all points.
    fn shifted(&self, form: Form) -> Option<Form> {
        let constant = self.first().checked_sub(form.at(self.bank.points.first()?)?)?;
        let form = form.plus(constant);
        self.bank.points.iter().zip(self.values).all(|(p, v)| form.at(p) == Some(*v)).then_some(form)
    }

    fn entry(&self, offer: Offer<'_>) {
        if let Some(form) = self.bank.find(self.bank.hash_of(self.values)).and_then(|e| self.shifted(self.bank.form(e)))
        {
            offer(form);
        }
    }

    /// Entry + entry, entry - entry. All of them are collected: the one with the fewest operations wins.
    fn sum(&self, offer: Offer<'_>) {
        let hash = self.bank.hash_of(self.values);
        let mut found: Vec<Form> = Vec::new();
        for (own, entry) in &self.bank.entries {
            for (rest, op) in [(hash.wrapping_sub(*own), Op::Add), (own.wrapping_sub(hash), Op::Sub)] {
                let Some(other) = self.bank.find(rest) else { continue };
                let sum = Form::new(op, self.bank.form(*entry), self.bank.form(other));
                found.extend(self.shifted(tidied(sum)));
            }
            if found.len() > 400 {
                break;
            }
        }
        found.sort_by_key(Form::weight);
        found.dedup();
        for form in found {
            if offer(form) {
                return;
            }
        }
    }

    /// `(entry + c) // k`: the difference of two values bounds `k`, and every value bounds `c`. Small `k` first.
    fn quotient(&self, offer: Offer<'_>) {
        let points = 0..self.count();
        let Some(high) = points.clone().max_by_key(|p| self.seen(*p)) else { return };
        let Some(low) = points.clone().min_by_key(|p| self.seen(*p)) else { return };
        let Some(rise) = self.seen(high).checked_sub(self.seen(low)).filter(|r| (1..1 << 40).contains(r)) else {
            return;
        };
        let mut fits: Vec<(i64, usize, Entry, i64, i64)> = Vec::new();
        // A quotient rises where its numerator does, and only there.
        let mut random = Random::new(0x9107);
        let mut any = || random.range(0, self.count() as i64 - 1) as usize;
        let drawn: Vec<(usize, usize)> = (0..200).map(|_| (any(), any())).collect();
        let rising: Vec<(usize, usize)> =
            drawn.into_iter().filter(|(p, q)| self.seen(*p) < self.seen(*q)).take(40).collect();
        for (at, (_, entry)) in self.bank.entries.iter().enumerate() {
            if rising.iter().any(|(p, q)| self.bank.value(*entry, *p) >= self.bank.value(*entry, *q)) {
                continue;
            }
            let span = self.bank.value(*entry, high).wrapping_sub(self.bank.value(*entry, low));
            if span <= rise {
                continue;
            }
            // |k*rise - span| < k
            let least = span / (rise + 1) + 1;
            let most = if rise > 1 { (span - 1) / (rise - 1) } else { least.saturating_add(span) };
            for k in (least..=most).take(300) {
                let (mut from, mut to) = (i64::MIN, i64::MAX);
                let narrowed = points.clone().rev().all(|p| {
                    let Some(scaled) = k.checked_mul(self.seen(p)) else { return false };
                    let c = scaled.wrapping_sub(self.bank.value(*entry, p));
                    from = from.max(c);
                    to = to.min(c.saturating_add(k - 1));
                    from <= to
                });
                if narrowed {
                    fits.push((k, at, *entry, from, to));
                }
            }
        }
        fits.sort_by_key(|fit| (fit.0, fit.1));
        for (k, _, entry, from, to) in fits.into_iter().take(400) {
            let form = self.bank.form(entry);
            let Some(c) = self.offset(&form, k, from, to) else { continue };
            if offer(Form::new(Op::Div, form.plus(c), Form::Int(k))) {
                return;
            }
        }
    }

    /// The `c` of `(form + c) // k` between `from` and `to`, found with points that tell the halves apart.
    fn offset(&self, form: &Form, k: i64, mut from: i64, mut to: i64) -> Option<i64> {
        let mut random = Random::new(0x51ED);
        while from < to {
            // At a point where `form + c` is a multiple of `k` for one c, the value tells whether the true one is less.
            let mut best: Option<(i64, Vec<i64>)> = None;
            for _ in 0..3000 {
                let point: Vec<i64> = self.target.domain.variables.iter().map(|v| random.log(v.high)).collect();
                let Some(point) = self.target.domain.snap(&point) else { continue };
                let Some(value) = form.at(&point) else { continue };
                let c = to - value.checked_add(to)?.rem_euclid(k);
                if c > from {
                    let off = (2 * c - from - to - 1).abs();
                    if best.as_ref().is_none_or(|b| off < b.0) {
                        best = Some((off, point));
                    }
                    if off <= (to - from) / 4 {
                        break;
                    }
                }
            }
            // Without such a point all are the same function.
            let Some((_, point)) = best else { break };
            let seen = self.ask(&point)?;
            let c = k.checked_mul(seen)?.checked_sub(form.at(&point)?)?;
            if c <= from && c + k > to {
                break;
            }
            from = from.max(c);
            to = to.min(c + k - 1);
        }
        (from <= to).then_some(if (from..=to).contains(&0) { 0 } else { from })
    }

    /// `(entry + c) % k`: `k` divides all differences, and is more than every value.
    fn remainder(&self, offer: Offer<'_>) {
        let points = 0..self.count();
        let Some(top) = points.clone().map(|p| self.seen(p)).max() else { return };
        if points.clone().any(|p| self.seen(p) < 0) {
            return;
        }
        let mut tried = 0;
        for (_, entry) in &self.bank.entries {
            let difference = |p: usize| self.seen(p).wrapping_sub(self.bank.value(*entry, p));
            let first = difference(0);
            let mut k = 0_i64;
            let fits = points.clone().all(|p| {
                let d = difference(p).wrapping_sub(first);
                // Most differences are decided by the remainder alone.
                if k == 0 || d % k != 0 {
                    k = i64::try_from(gcd(k.into(), d.into())).unwrap_or(0);
                }
                k == 0 || k > top
            });
            if !fits || k == 0 {
                continue;
            }
            for k in (top + 1..=k.min(top + 1000)).filter(|d| k % d == 0).take(8) {
                tried += 1;
                let form = self.bank.form(*entry).plus(first.rem_euclid(k));
                if offer(Form::new(Op::Mod, form, Form::Int(k))) || tried > 400 {
                    return;
                }
            }
        }
    }

    /// `(entry + c) // size` and `(entry + c) % size`, where a size is a variable, a part, or close to one.
    fn ratio(&self, offer: Offer<'_>) {
        let mut divisors: Vec<Form> = Vec::new();
        for variable in 0..self.target.domain.variables.len() {
            divisors.push(Form::Variable(variable));
        }
        divisors.extend(self.target.domain.parts.iter().take(6).map(|p| Form::Part(p.clone().into())));
        let sizes = divisors.clone();
        for size in sizes {
            divisors.extend([-1, 1].map(|d| size.clone().plus(d)));
            divisors.push(Form::new(Op::Mul, size, Form::Int(2)));
        }
        for divisor in divisors {
            let column = self.bank.points.iter().map(|p| divisor.at(p)).collect::<Option<Vec<i64>>>();
            let Some(column) = column.filter(|c| c.iter().all(|d| *d > 0)) else { continue };
            let mut most: Vec<usize> = (0..column.len()).collect();
            most.sort_by_key(|p| std::cmp::Reverse(column.get(*p).copied()));
            let Some(widest) = most.first().copied() else { continue };
            // Simple entries come first.
            for (_, entry) in self.bank.entries.iter().take(50_000) {
                let (mut from, mut to) = (i64::MIN, i64::MAX);
                let fits = (0..column.len()).all(|p| {
                    let Some(d) = column.get(p) else { return false };
                    let Some(c) = d.checked_mul(self.seen(p)).map(|s| s.wrapping_sub(self.bank.value(*entry, p)))
                    else {
                        return false;
                    };
                    from = from.max(c);
                    to = to.min(c.saturating_add(d - 1));
                    from <= to
                });
                if fits {
                    for c in [0, from, to].into_iter().filter(|c| (from..=to).contains(c)) {
                        if offer(Form::new(Op::Div, self.bank.form(*entry).plus(c), divisor.clone())) {
                            return;
                        }
                    }
                }
                let Some(d) = column.get(widest) else { continue };
                let c = self.seen(widest).wrapping_sub(self.bank.value(*entry, widest)).rem_euclid(*d);
                let c = if c > d / 2 { c - d } else { c };
                let fits = column.iter().enumerate().all(|(p, d)| {
                    (0..*d).contains(&self.seen(p))
                        && self.bank.value(*entry, p).wrapping_add(c).wrapping_sub(self.seen(p)) % d == 0
                });
                if fits && offer(Form::new(Op::Mod, self.bank.form(*entry).plus(c), divisor.clone())) {
                    return;
                }
            }
        }
    }

    /// The maximum (or minimum) of two entries, and perhaps of a constant.
    ///
    /// One of them equals the number at many points; there both have the same differences between points. The other one
    /// has them at all points that are left.
    fn extreme(&self, op: Op, offer: Offer<'_>) {
        let sign = if op == Op::Max { 1 } else { -1 };
        let count = self.count();
        let mut random = Random::new(0xE77);
        let mut any = || random.range(0, count as i64 - 1) as usize;
        // Pairs with different values say most.
        let pairs: Vec<(usize, usize, i64)> = (0..400)
            .map(|_| (any(), any()))
            .filter(|(p, q)| self.seen(*p) != self.seen(*q))
            .take(16)
            .map(|(p, q)| (p, q, self.seen(p).wrapping_sub(self.seen(q))))
            .collect();
        let bound = (0..count).map(|p| self.seen(p).wrapping_mul(sign)).min().unwrap_or(0).wrapping_mul(sign);
        let mut alike: HashMap<Vec<bool>, usize> = HashMap::new();
        let mut wide: Vec<(usize, Entry, i64, Vec<bool>)> = Vec::new();
        for (_, entry) in &self.bank.entries {
            let same = |(p, q, d): &(usize, usize, i64)| {
                self.bank.value(*entry, *p).wrapping_sub(self.bank.value(*entry, *q)) == *d
            };
            if !matches!(entry, Entry::Zero) && pairs.iter().filter(|pair| same(pair)).take(2).count() < 2 {
                continue;
            }
            let difference = |p: usize| self.seen(p).wrapping_sub(self.bank.value(*entry, p));
            // The entry, moved until it touches the number, bounds it.
            let Some(c) = (0..count).map(|p| difference(p).wrapping_mul(sign)).min().map(|c| c.wrapping_mul(sign))
            else {
                continue;
            };
            let touched: Vec<bool> = (0..count).map(|p| difference(p) == c).collect();
            let touches = touched.iter().filter(|t| **t).count();
            if touches * 5 < count {
                continue;
            }
            let like = alike.entry(touched.clone()).or_insert(0);
            *like += 1;
            if *like <= 4 {
                wide.push((touches, *entry, c, touched));
            }
        }
        wide.sort_by_key(|w| std::cmp::Reverse(w.0));
        let (mut tries, mut work) = (0, 0);
        let simple: Vec<Entry> = self.bank.entries.iter().take(2_000).map(|(_, entry)| *entry).collect();
        let mut alike_at: HashMap<(usize, usize), Vec<Entry>> = HashMap::new();
        for with_bound in [false, true] {
            for (_, entry, c, touched) in wide.iter().take(60) {
                if work > WORK {
                    return;
                }
                let left: Vec<usize> = (0..count)
                    .filter(|p| !(touched.get(*p).copied().unwrap_or(true) || with_bound && self.seen(*p) == bound))
                    .collect();
                let first = self.bank.form(*entry).plus(*c);
                let whole = |second: Form| {
                    let form = Form::new(op, first.clone(), second);
                    if with_bound { Form::new(op, form, Form::Int(bound)) } else { form }
                };
                let Some(start) = left.first().copied() else {
                    if with_bound && offer(Form::new(op, first.clone(), Form::Int(bound))) {
                        return;
                    }
                    continue;
                };
                let mut own = 0;
                // Few points say little, so only simple entries are tried there.
                let others = match left.as_slice() {
                    [first, second, _, ..] => alike_at.entry((*first, *second)).or_insert_with(|| {
                        work += self.bank.entries.len();
                        self.entries_between(*first, *second)
                    }),
                    _ => &simple,
                };
                for other in others.iter() {
                    let difference = |p: usize| self.seen(p).wrapping_sub(self.bank.value(*other, p));
                    let c = difference(start);
                    let matched = left.iter().skip(1).take_while(|p| difference(**p) == c).count();
                    work += matched + 1;
                    if matched + 1 < left.len() {
                        continue;
                    }
                    work += count;
                    if (0..count).any(|p| difference(p).wrapping_mul(sign) < c.wrapping_mul(sign)) {
                        continue;
                    }
                    own += 1;
                    tries += 1;
                    if offer(whole(self.bank.form(*other).plus(c))) || tries > 4000 {
                        return;
                    }
                    if own > 200 {
                        break;
                    }
                }
            }
        }
    }

    /// The entries that differ between two points as the number does.
    fn entries_between(&self, p: usize, q: usize) -> Vec<Entry> {
        let difference = self.seen(q).wrapping_sub(self.seen(p));
        let entries = self.bank.entries.iter().map(|(_, entry)| *entry);
        entries.filter(|e| self.bank.value(*e, q).wrapping_sub(self.bank.value(*e, p)) == difference).collect()
    }
}
