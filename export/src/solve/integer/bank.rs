//! All small expressions over some atoms, by the values that they have at fixed points.
//!
//! Two expressions that differ by a constant are one entry, since the constant follows from the data. The key of an entry
//! is a linear hash of its values: the hash of a sum is the sum of the hashes, the hash of a constant is 0. So the second
//! term of a sum is found with one look-up.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use super::domain::Random;
use super::form::{Form, Op};

/// The constants that expressions inside of others may hold. Those of the outermost operation follow from the data.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Constants {
    /// Divisors.
    pub(super) divisors: Vec<i64>,
    /// Numbers that are added, multiplied, or compared to a size.
    pub(super) numbers: Vec<i64>,
    /// Numbers that are compared to a larger expression.
    pub(super) thresholds: Vec<i64>,
    /// Whether products of two expressions are entries.
    pub(super) products: bool,
}

impl Constants {
    /// No constants.
    pub(super) fn none() -> Constants {
        Constants { divisors: vec![], numbers: vec![], thresholds: vec![], products: true }
    }

    /// These constants and the common divisors.
    pub(super) fn with_common_divisors(mut self) -> Constants {
        for k in Constants::common(2).divisors {
            if !self.divisors.contains(&k) {
                self.divisors.push(k);
            }
        }
        self.products = false;
        self
    }

    /// Common constants, for one atom or for several.
    pub(super) fn common(atoms: usize) -> Constants {
        let one = atoms <= 1;
        let divisors = [2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 20, 24, 32, 64, 100, 128, 160];
        let more =
            [11, 13, 15, 18, 21, 25, 28, 30, 48, 49, 50, 56, 80, 96, 192, 196, 200, 224, 256, 320, 400, 512, 1024];
        let most = match atoms {
            0 | 1 => 48,
            2 => 70,
            _ => 20,
        };
        Constants {
            divisors: divisors.into_iter().chain(more.into_iter().filter(|_| one)).collect(),
            numbers: (1..=most).collect(),
            thresholds: (-most..=2 * most).collect(),
            products: false,
        }
    }
}

/// An entry: an operation of two terms, by their indices. Its value is known up to a constant.
#[derive(Clone, Copy, Debug)]
pub(super) enum Entry {
    Zero,
    One(u32),
    Negative(u32),
    Pair(Op, u32, u32),
    Number(Op, u32, i32),
}

/// The hash is already one.
#[derive(Clone, Copy, Default)]
pub(super) struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, x: u64) {
        self.0 = x.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    }
}

type ByHash<T> = HashMap<u64, T, BuildHasherDefault<Same>>;

pub(super) struct Bank {
    /// The points at which entries are compared.
    pub(super) points: Vec<Vec<i64>>,
    weights: Vec<u64>,
    terms: Vec<Form>,
    /// The values of all terms, a row of points for each.
    values: Vec<i64>,
    pub(super) entries: Vec<(u64, Entry)>,
    by_hash: ByHash<u32>,
}

impl Bank {
    pub(super) fn new(atoms: &[Form], constants: &Constants, points: Vec<Vec<i64>>) -> Bank {
        let mut random = Random::new(0xBA4C_0FFE);
        let mut weights: Vec<u64> = (0..points.len()).map(|_| random.next() | 1).collect();
        let others = weights.iter().skip(1).fold(0_u64, |sum, w| sum.wrapping_sub(*w));
        // The weights add up to 0, so constants vanish.
        weights.iter_mut().take(1).for_each(|w| *w = others);
        let mut bank =
            Bank { points, weights, terms: vec![], values: vec![], entries: vec![], by_hash: ByHash::default() };
        let (classes, hashes) = bank.fill_terms(atoms, constants);
        bank.fill_entries(constants, &classes, &hashes);
        bank
    }

    /// Expressions of one operation, with their exact values. Returns one of each set of terms that differ by a constant, and
    /// the hashes.
    fn fill_terms(&mut self, atoms: &[Form], constants: &Constants) -> (Vec<u32>, Vec<u64>) {
        let mut level: Vec<Form> = atoms.to_vec();
        for (i, x) in atoms.iter().enumerate() {
            for y in atoms.iter().skip(i) {
                for op in [Op::Add, Op::Mul] {
                    level.push(Form::new(op, x.clone(), y.clone()));
                }
                if x != y {
                    for op in [Op::Min, Op::Max] {
                        level.push(Form::new(op, x.clone(), y.clone()));
                    }
                    for op in [Op::Sub, Op::Div, Op::Mod] {
                        level.push(Form::new(op, x.clone(), y.clone()));
                        level.push(Form::new(op, y.clone(), x.clone()));
                    }
                }
            }
        }
        for x in atoms {
            for k in &constants.divisors {
                level.extend([Op::Div, Op::Mod].map(|op| Form::new(op, x.clone(), Form::Int(*k))));
            }
        }
        for x in atoms {
            for n in &constants.numbers {
                let n = || Form::Int(*n);
                level.extend([Op::Add, Op::Sub].map(|op| Form::new(op, x.clone(), n())));
                level.push(Form::new(Op::Sub, n(), x.clone()));
                level.extend([Op::Mul, Op::Min, Op::Max].map(|op| Form::new(op, x.clone(), n())));
            }
        }
        let (mut exact, mut seen) = (HashSet::new(), HashSet::new());
        let (mut classes, mut hashes) = (Vec::new(), Vec::new());
        for form in level {
            let Some(values) = self.points.iter().map(|p| form.at(p)).collect::<Option<Vec<i64>>>() else { continue };
            // Larger numbers could leave 64 bits in an entry.
            if values.iter().any(|v| v.unsigned_abs() >= 1 << 61) {
                continue;
            }
            let hash = self.hash(|p| values.get(p).copied().unwrap_or(0));
            if !exact.insert((hash, values.first().copied())) {
                continue;
            }
            if seen.insert(hash) {
                classes.push(self.terms.len() as u32);
            }
            hashes.push(hash);
            self.terms.push(form);
            self.values.extend(values);
        }
        (classes, hashes)
    }

    /// Entries, the simple ones first.
    fn fill_entries(&mut self, constants: &Constants, classes: &[u32], hashes: &[u64]) {
        let hash = |i: u32| hashes.get(i as usize).copied().unwrap_or(0);
        let all = 0..self.terms.len() as u32;
        self.add(0, Entry::Zero);
        for i in classes {
            self.add(hash(*i), Entry::One(*i));
        }
        for i in classes {
            self.add(hash(*i).wrapping_neg(), Entry::Negative(*i));
        }
        for i in all.clone() {
            for k in &constants.divisors {
                let quotient = self.hash_with(i, *k, |x, k| x.div_euclid(k.max(1)));
                self.add(quotient, Entry::Number(Op::Div, i, *k as i32));
                // `x % k` is `x - k*(x//k)`.
                let rest = hash(i).wrapping_sub((*k as u64).wrapping_mul(quotient));
                self.add(rest, Entry::Number(Op::Mod, i, *k as i32));
            }
        }
        for (n, i) in classes.iter().enumerate() {
            for j in classes.iter().skip(n) {
                self.add(hash(*i).wrapping_add(hash(*j)), Entry::Pair(Op::Add, *i, *j));
            }
        }
        for i in classes {
            for j in classes {
                self.add(hash(*i).wrapping_sub(hash(*j)), Entry::Pair(Op::Sub, *i, *j));
            }
        }
        for i in classes {
            for n in &constants.thresholds {
                let least = self.hash_with(*i, i64::from(*n as i32), |x, n| x.min(n));
                self.add(least, Entry::Number(Op::Min, *i, *n as i32));
                // A number has the hash 0.
                self.add(hash(*i).wrapping_sub(least), Entry::Number(Op::Max, *i, *n as i32));
            }
        }
        for i in all.clone() {
            for j in i + 1..all.end {
                let least = self.sum(self.row(i), self.row(j), |x, y| x.min(y));
                self.add(least, Entry::Pair(Op::Min, i, j));
                // The minimum and the maximum add up to the sum.
                let most = hash(i).wrapping_add(hash(j)).wrapping_sub(least);
                self.add(most, Entry::Pair(Op::Max, i, j));
            }
        }
        if constants.products {
            // Products of sizes, quotients and remainders: these terms come first.
            let all = 0..all.end.min(64);
            for i in all.clone() {
                for j in i..all.end {
                    let fits = |p: usize| {
                        self.term(i, p).checked_mul(self.term(j, p)).is_some_and(|v| v.unsigned_abs() < 1 << 61)
                    };
                    if (0..self.points.len()).all(fits) {
                        let product = self.sum(self.row(i), self.row(j), |x, y| x.wrapping_mul(y));
                        self.add(product, Entry::Pair(Op::Mul, i, j));
                    }
                }
            }
        }
    }

    fn hash(&self, value: impl Fn(usize) -> i64) -> u64 {
        self.weights.iter().enumerate().fold(0, |sum, (p, w)| sum.wrapping_add((value(p) as u64).wrapping_mul(*w)))
    }

    /// The hash of a number's values.
    pub(super) fn hash_of(&self, values: &[i64]) -> u64 {
        self.hash(|p| values.get(p).copied().unwrap_or(0))
    }

    pub(super) fn find(&self, hash: u64) -> Option<Entry> {
        self.by_hash.get(&hash).and_then(|i| self.entries.get(*i as usize)).map(|e| e.1)
    }

    fn add(&mut self, hash: u64, entry: Entry) {
        let next = self.entries.len() as u32;
        if let std::collections::hash_map::Entry::Vacant(slot) = self.by_hash.entry(hash) {
            slot.insert(next);
            self.entries.push((hash, entry));
        }
    }

    /// The hash of an operation of a term and a number.
    fn hash_with(&self, term: u32, number: i64, op: impl Fn(i64, i64) -> i64) -> u64 {
        let pairs = self.row(term).iter().zip(&self.weights);
        pairs.fold(0, |sum, (x, w)| sum.wrapping_add((op(*x, number) as u64).wrapping_mul(*w)))
    }

    fn sum(&self, x: &[i64], y: &[i64], op: impl Fn(i64, i64) -> i64) -> u64 {
        let pairs = x.iter().zip(y).zip(&self.weights);
        pairs.fold(0, |sum, ((x, y), w)| sum.wrapping_add((op(*x, *y) as u64).wrapping_mul(*w)))
    }

    fn row(&self, term: u32) -> &[i64] {
        let count = self.points.len();
        let start = term as usize * count;
        self.values.get(start..start + count).unwrap_or(&[])
    }

    #[inline]
    fn term(&self, term: u32, point: usize) -> i64 {
        self.values.get(term as usize * self.points.len() + point).copied().unwrap_or(0)
    }

    /// The value of an entry at a point of the bank.
    #[inline]
    pub(super) fn value(&self, entry: Entry, point: usize) -> i64 {
        match entry {
            Entry::Zero => 0,
            Entry::One(i) => self.term(i, point),
            Entry::Negative(i) => -self.term(i, point),
            Entry::Pair(op, i, j) => combined(op, self.term(i, point), self.term(j, point)),
            Entry::Number(op, i, n) => combined(op, self.term(i, point), i64::from(n)),
        }
    }

    /// The expression of an entry.
    pub(super) fn form(&self, entry: Entry) -> Form {
        let term = |i: u32| self.terms.get(i as usize).cloned().unwrap_or(Form::Int(0));
        match entry {
            Entry::Zero => Form::Int(0),
            Entry::One(i) => term(i),
            Entry::Negative(i) => match term(i) {
                Form::Binary(Op::Sub, x, y) => Form::new(Op::Sub, (*y).clone(), (*x).clone()),
                other => Form::new(Op::Sub, Form::Int(0), other),
            },
            Entry::Pair(op, i, j) => Form::new(op, term(i), term(j)),
            Entry::Number(op, i, n) => Form::new(op, term(i), Form::Int(i64::from(n))),
        }
    }
}

#[inline]
fn combined(op: Op, x: i64, y: i64) -> i64 {
    match op {
        Op::Add => x.wrapping_add(y),
        Op::Sub => x.wrapping_sub(y),
        Op::Mul => x.wrapping_mul(y),
        Op::Div => x.div_euclid(y.max(1)),
        Op::Mod => x.rem_euclid(y.max(1)),
        Op::Min => x.min(y),
        Op::Max => x.max(y),
    }
}

/// Banks with common constants, which numbers over the same sizes share.
#[derive(Default)]
pub(super) struct Banks(Vec<KnownBank>);

/// The terms and points that a bank was made for, and the bank.
type KnownBank = (Vec<Form>, Vec<Vec<i64>>, Rc<Bank>);

impl Banks {
    pub(super) fn get(&mut self, atoms: &[Form], points: &[Vec<i64>]) -> Rc<Bank> {
        if let Some((_, _, bank)) = self.0.iter().find(|(a, p, _)| a == atoms && p == points) {
            return Rc::clone(bank);
        }
        // A few, so that the memory is bounded.
        if self.0.len() >= 2 {
            self.0.remove(0);
        }
        let bank = Rc::new(Bank::new(atoms, &Constants::common(atoms.len()), points.to_vec()));
        self.0.push((atoms.to_vec(), points.to_vec(), Rc::clone(&bank)));
        bank
    }
}
