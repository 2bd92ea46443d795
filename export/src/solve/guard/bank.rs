//! The features that are tried, in stages: the next stage is only built when the one before does not suffice.

use super::feature::{Feature, Part};

const DIVISORS: [i64; 13] = [2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 32, 64];

/// Collects features of the variables that matter.
struct Bank(Vec<Feature>);

fn bits(n: i64) -> u32 {
    64 - n.unsigned_abs().max(1).leading_zeros() - 1
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}

impl Bank {
    fn add(&mut self, cost: u32, exact: bool, terms: &[(i64, Part)]) {
        let cost = cost + terms.iter().map(|(c, _)| 3 * bits(*c)).sum::<u32>();
        self.0.push(Feature { terms: terms.to_vec(), cost, exact });
    }

    /// `p*x + q*y` for coprime coefficients up to `most`, without those of an earlier stage.
    fn linear(&mut self, x: usize, y: usize, coefficients: &[i64], before: i64) {
        for p in coefficients {
            for q in coefficients {
                if gcd(*p, *q) == 1 && (*p > before || *q > before) {
                    let small = *p <= 8 && *q <= 8;
                    self.add(20, small, &[(*p, Part::Size(x)), (-*q, Part::Size(y))]);
                    self.add(20, small, &[(*p, Part::Size(x)), (*q, Part::Size(y))]);
                }
            }
        }
    }

    fn pairs(&mut self, x: usize, y: usize) {
        self.linear(x, y, &[1, 2, 3, 4], 0);
        self.add(20, true, &[(1, Part::Product(x, y))]);
        self.add(23, true, &[(1, Part::Max(x, y))]);
        self.add(23, true, &[(1, Part::Min(x, y))]);
        for (x, y) in [(x, y), (y, x)] {
            self.add(22, true, &[(1, Part::Remainder(x, y))]);
            for by in DIVISORS {
                // Only its equality says more than a plain comparison.
                self.add(24 + bits(by), true, &[(1, Part::Quotient { of: x, add: 0, by }), (-1, Part::Size(y))]);
                self.add(26 + bits(by), true, &[(1, Part::Quotient { of: x, add: by - 1, by }), (-1, Part::Size(y))]);
            }
        }
    }

    fn triples(&mut self, [x, y, z]: [usize; 3]) {
        let size = Part::Size;
        for (q, r) in [(1, 1), (1, -1), (-1, 1), (-1, -1)] {
            self.add(30, true, &[(1, size(x)), (q, size(y)), (r, size(z))]);
        }
        self.add(30, true, &[(1, Part::Volume(x, y, z))]);
        for (x, y, z) in [(x, y, z), (y, z, x), (x, z, y)] {
            self.add(30, true, &[(1, Part::Product(x, y)), (-1, size(z))]);
            self.add(33, false, &[(1, Part::Max(x, y)), (-1, size(z))]);
            self.add(33, false, &[(1, Part::Min(x, y)), (-1, size(z))]);
        }
    }

    fn far_single(&mut self, x: usize) {
        for by in (2..=64).chain([96, 100, 128, 256, 512, 1000, 1024]) {
            self.add(16 + bits(by), false, &[(1, Part::Rest { of: x, by })]);
        }
    }

    fn far_pairs(&mut self, x: usize, y: usize) {
        self.linear(x, y, &[1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 100], 4);
        for k in DIVISORS {
            for m in DIVISORS {
                let patches = Part::Patches { x, k, y, m };
                self.add(30 + bits(k) + bits(m), true, &[(1, patches)]);
                let (one, other) = (Part::Quotient { of: x, add: 0, by: k }, Part::Quotient { of: y, add: 0, by: m });
                self.add(30 + bits(k) + bits(m), true, &[(1, one), (-1, other)]);
                self.add(30 + bits(k) + bits(m), true, &[(1, one), (1, other)]);
            }
            self.add(27 + bits(k), true, &[(1, Part::Patches { x, k, y, m: 1 })]);
            self.add(27 + bits(k), true, &[(1, Part::Patches { x, k: 1, y, m: k })]);
        }
        for p in -2..=2 {
            for q in -2..=2 {
                if (p, q) != (0, 0) {
                    let sides = [(p, Part::Size(x)), (q, Part::Size(y))].into_iter().filter(|(c, _)| *c != 0);
                    let terms: Vec<_> = [(1, Part::Product(x, y))].into_iter().chain(sides).collect();
                    self.add(32, false, &terms);
                }
            }
        }
        for (x, y) in [(x, y), (y, x)] {
            self.add(30, false, &[(1, Part::Product(x, x)), (-1, Part::Size(y))]);
            // `x // k` against `(y + add) // m` is `x` against `k` of the latter: the first division says nothing more.
            for m in [2, 3, 4, 5, 7, 8, 16] {
                for add in (0..m).filter(|add| m <= 4 || *add == 0 || *add == m - 1) {
                    for k in [1, 2, 3, 4, 5, 7, 8, 16, 32] {
                        let shift = if add == 0 { 0 } else { 3 };
                        let quotient = Part::Quotient { of: y, add, by: m };
                        self.add(30 + bits(m) + shift, false, &[(1, Part::Size(x)), (-k, quotient)]);
                    }
                }
            }
        }
    }

    fn far_triples(&mut self, [x, y, z]: [usize; 3]) {
        let size = Part::Size;
        for (p, q, r) in (1..=4).flat_map(|p| (-4..=4).flat_map(move |q| (-4..=4).map(move |r| (p, q, r)))) {
            let unit = [p, q, r].iter().all(|c: &i64| c.abs() == 1);
            if q != 0 && r != 0 && !unit && gcd(gcd(p, q), r) == 1 {
                self.add(30, p.abs() + q.abs() + r.abs() <= 6, &[(p, size(x)), (q, size(y)), (r, size(z))]);
            }
        }
        for (x, y, z) in [(x, y, z), (y, z, x), (x, z, y)] {
            for c in [-16, -8, -4, -3, -2, 1, 2, 3, 4] {
                self.add(31, false, &[(1, Part::Product(x, y)), (c, size(z))]);
            }
            for (p, q) in [(x, z), (y, z)] {
                self.add(34, true, &[(1, Part::Product(x, y)), (-1, Part::Product(p, q))]);
                self.add(34, true, &[(1, Part::Product(x, y)), (1, Part::Product(p, q))]);
            }
        }
    }

    fn quadruples(&mut self, [w, x, y, z]: [usize; 4]) {
        let size = Part::Size;
        for (q, r, s) in [(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)] {
            self.add(40, true, &[(1, size(w)), (q, size(x)), (r, size(y)), (s, size(z))]);
        }
        for ((a, b), (c, d)) in [((w, x), (y, z)), ((w, y), (x, z)), ((w, z), (x, y))] {
            self.add(40, true, &[(1, Part::Product(a, b)), (-1, Part::Product(c, d))]);
        }
    }
}

/// The features of one stage (from 0) over these variables.
pub(super) fn features(stage: usize, variables: &[usize]) -> Vec<Feature> {
    let mut bank = Bank(Vec::new());
    let few = variables.len() <= 8;
    let pairs = || variables.iter().enumerate().flat_map(|(i, x)| variables[i + 1..].iter().map(move |y| (*x, *y)));
    let triples = || pairs().flat_map(|(x, y)| variables.iter().filter(move |z| **z > y).map(move |z| [x, y, *z]));
    match stage {
        0 => variables.iter().for_each(|x| bank.add(10, true, &[(1, Part::Size(*x))])),
        1 => {
            for x in variables {
                for by in DIVISORS {
                    bank.add(13 + bits(by), true, &[(1, Part::Quotient { of: *x, add: 0, by })]);
                }
            }
            pairs().for_each(|(x, y)| bank.pairs(x, y));
            if few {
                triples().for_each(|three| bank.triples(three));
            }
        }
        _ => {
            variables.iter().for_each(|x| bank.far_single(*x));
            if few {
                pairs().for_each(|(x, y)| bank.far_pairs(x, y));
            }
            if variables.len() <= 5 {
                triples().for_each(|three| bank.far_triples(three));
                for [x, y, z] in triples() {
                    variables.iter().filter(|w| **w > z).for_each(|w| bank.quadruples([x, y, z, *w]));
                }
            }
        }
    }
    // The sort is stable: of two features that cost the same, the one of earlier sizes comes first.
    bank.0.sort_by_key(|f| f.cost);
    bank.0
}
