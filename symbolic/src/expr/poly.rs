//! Polynomials with integer coefficients: the common factors that a floor division may cancel.

use std::collections::BTreeMap;

use indexmap::IndexSet;

use super::{Expr, ExprError, ExprKind};
use crate::arith::gcd;

/// Larger inputs keep their division as written; torch gives up on wide sums as well.
const MAX_TERMS: usize = 64;

/// The same for powers.
const MAX_EXPONENT: u32 = 16;

impl Expr {
    /// The greatest number that divides every coefficient; 0 for the expression 0.
    pub fn content(&self) -> i64 {
        self.terms().iter().fold(0, |g, t| narrow_gcd(g, t.as_coeff_mul().0))
    }

    /// The shorter form: a factor common to all terms of a sum moves in front, as `sympy.simplify` does.
    pub(super) fn simplified(&self) -> Result<Expr, ExprError> {
        let ExprKind::Add(terms) = self.kind() else { return Ok(self.clone()) };
        let Some(first) = terms.first() else { return Ok(self.clone()) };
        let mut common: Vec<(Expr, i64)> = first.factors().iter().filter(|f| !f.is_number()).map(base_power).collect();
        for term in terms {
            for (base, exponent) in &mut common {
                let own = term.factors().iter().map(base_power).find(|(b, _)| b == base).map_or(0, |(_, e)| e);
                *exponent = own.min(*exponent);
            }
        }
        common.retain(|(_, e)| *e > 0);
        if common.is_empty() {
            return Ok(self.clone());
        }
        let scale = self.content();
        let mut rest = Vec::with_capacity(terms.len());
        for term in terms {
            let mut factors = Vec::new();
            for factor in term.factors() {
                let (base, exponent) = base_power(factor);
                let left = exponent - common.iter().find(|(b, _)| *b == base).map_or(0, |(_, e)| *e);
                factors.push(if factor.is_number() { factor.clone() } else { base.try_pow(&Expr::int(left))? });
            }
            rest.push(Expr::product(factors)?);
        }
        let Some(rest) = Expr::sum(rest)?.divided_exactly(scale) else { return Ok(self.clone()) };
        let mut factors = vec![Expr::int(scale), rest];
        for (base, exponent) in common {
            factors.push(base.try_pow(&Expr::int(exponent))?);
        }
        Expr::product(factors)
    }
}

fn base_power(e: &Expr) -> (Expr, i64) {
    match e.kind() {
        ExprKind::Pow(base, exponent) => match exponent.as_int() {
            Some(n) => (base.clone(), n),
            None => (e.clone(), 1),
        },
        _ => (e.clone(), 1),
    }
}

/// `a` and `b` without their polynomial greatest common divisor; `None` when it is 1.
pub(super) fn cancelled(a: &Expr, b: &Expr) -> Result<Option<(Expr, Expr)>, ExprError> {
    let (a, b) = (a.expand()?, b.expand()?);
    if a.terms().len() > MAX_TERMS || b.terms().len() > MAX_TERMS {
        return Ok(None);
    }
    let mut atoms = IndexSet::new();
    let (Some(p), Some(q)) = (Poly::read(&a, &mut atoms), Poly::read(&b, &mut atoms)) else { return Ok(None) };
    let (p, q) = (p.widened(atoms.len()), q.widened(atoms.len()));
    // An overflow on the way means the factor stays unseen, not a wrong result.
    let Some(g) = p.gcd(&q) else { return Ok(None) };
    if g.is_one() {
        return Ok(None);
    }
    let (Some(p), Some(q)) = (p.exact_div(&g), q.exact_div(&g)) else { return Ok(None) };
    let (Some(p), Some(q)) = (p.write(&atoms)?, q.write(&atoms)?) else { return Ok(None) };
    Ok(Some((p.simplified()?, q.simplified()?)))
}

/// Exponents (one per atom) to coefficient; no zero coefficients.
#[derive(Clone, Debug, Default)]
struct Poly {
    terms: BTreeMap<Vec<u32>, i128>,
    atoms: usize,
}

impl Poly {
    fn read(e: &Expr, atoms: &mut IndexSet<Expr>) -> Option<Poly> {
        let mut poly = Poly::default();
        for term in e.terms() {
            let (c, rest) = term.as_coeff_mul();
            let mut exponents = Vec::new();
            for factor in rest.factors().iter().filter(|f| !f.is_int(1)) {
                let (base, n) = base_power(factor);
                let (i, _) = atoms.insert_full(base);
                if exponents.len() <= i {
                    exponents.resize(i + 1, 0);
                }
                exponents[i] += u32::try_from(n).ok().filter(|n| *n <= MAX_EXPONENT)?;
            }
            poly.terms.insert(exponents, c.into());
        }
        Some(poly)
    }

    fn widened(self, atoms: usize) -> Poly {
        let widen = |(mut exponents, c): (Vec<u32>, i128)| {
            exponents.resize(atoms, 0);
            (exponents, c)
        };
        Poly { terms: self.terms.into_iter().map(widen).collect(), atoms }
    }

    fn write(&self, atoms: &IndexSet<Expr>) -> Result<Option<Expr>, ExprError> {
        let mut terms = Vec::new();
        for (exponents, c) in &self.terms {
            let Ok(c) = i64::try_from(*c) else { return Ok(None) };
            let mut factors = vec![Expr::int(c)];
            for (atom, n) in atoms.iter().zip(exponents) {
                factors.push(atom.try_pow(&Expr::int((*n).into()))?);
            }
            terms.push(Expr::product(factors)?);
        }
        Expr::sum(terms).map(Some)
    }

    fn constant(c: i128, atoms: usize) -> Poly {
        Poly { terms: (c != 0).then(|| (vec![0; atoms], c)).into_iter().collect(), atoms }
    }

    fn is_zero(&self) -> bool {
        self.terms.is_empty()
    }

    fn is_one(&self) -> bool {
        self.terms.len() == 1 && self.terms.iter().all(|(e, c)| *c == 1 && e.iter().all(|n| *n == 0))
    }

    fn plus(&self, other: &Poly, scale: i128) -> Option<Poly> {
        let mut out = self.clone();
        for (exponents, c) in &other.terms {
            let slot = out.terms.entry(exponents.clone()).or_insert(0);
            *slot = slot.checked_add(c.checked_mul(scale)?)?;
        }
        out.terms.retain(|_, c| *c != 0);
        Some(out)
    }

    fn times(&self, other: &Poly) -> Option<Poly> {
        let mut out = Poly::constant(0, self.atoms);
        for (e, c) in &self.terms {
            let scaled = Poly {
                terms: other
                    .terms
                    .iter()
                    .map(|(f, d)| Some((e.iter().zip(f).map(|(x, y)| x + y).collect(), c.checked_mul(*d)?)))
                    .collect::<Option<_>>()?,
                atoms: self.atoms,
            };
            out = out.plus(&scaled, 1)?;
        }
        Some(out)
    }

    /// Coefficients of the powers of one atom.
    fn by_powers(&self, atom: usize) -> BTreeMap<u32, Poly> {
        let mut out: BTreeMap<u32, Poly> = BTreeMap::new();
        for (exponents, c) in &self.terms {
            let mut rest = exponents.clone();
            let n = std::mem::take(&mut rest[atom]);
            let poly = out.entry(n).or_insert_with(|| Poly::constant(0, self.atoms));
            poly.terms.insert(rest, *c);
        }
        out
    }

    fn degree(&self, atom: usize) -> u32 {
        self.terms.keys().map(|e| e[atom]).max().unwrap_or(0)
    }

    fn gcd(&self, other: &Poly) -> Option<Poly> {
        if self.is_zero() {
            return other.positive();
        }
        if other.is_zero() {
            return self.positive();
        }
        let Some(atom) = (0..self.atoms).find(|i| self.degree(*i) > 0 || other.degree(*i) > 0) else {
            let c = |p: &Poly| p.terms.values().copied().next().unwrap_or(0);
            return Some(Poly::constant(gcd(c(self), c(other)), self.atoms));
        };
        let (c, p) = self.primitive(atom)?;
        let (d, q) = other.primitive(atom)?;
        let shared = c.gcd(&d)?;
        let (mut a, mut b) = if p.degree(atom) >= q.degree(atom) { (p, q) } else { (q, p) };
        while !b.is_zero() {
            if b.degree(atom) == 0 {
                a = Poly::constant(1, self.atoms);
                break;
            }
            let remainder = a.pseudo_remainder(&b, atom)?;
            a = b;
            b = if remainder.is_zero() { remainder } else { remainder.primitive(atom)?.1 };
        }
        a.times(&shared)?.positive()
    }

    /// Content and primitive part with respect to one atom.
    fn primitive(&self, atom: usize) -> Option<(Poly, Poly)> {
        let mut content = Poly::constant(0, self.atoms);
        for coefficient in self.by_powers(atom).values() {
            content = content.gcd(coefficient)?;
        }
        let part = self.exact_div(&content)?;
        Some((content, part))
    }

    fn pseudo_remainder(&self, by: &Poly, atom: usize) -> Option<Poly> {
        let (m, lead) = by.by_powers(atom).pop_last()?;
        let mut rest = self.clone();
        while !rest.is_zero() && rest.degree(atom) >= m {
            let (n, top) = rest.by_powers(atom).pop_last()?;
            let mut shift = top;
            shift.terms = shift
                .terms
                .into_iter()
                .map(|(mut e, c)| {
                    e[atom] += n - m;
                    (e, c)
                })
                .collect();
            rest = rest.times(&lead)?.plus(&by.times(&shift)?, -1)?;
        }
        Some(rest)
    }

    /// The quotient when the division leaves nothing.
    fn exact_div(&self, by: &Poly) -> Option<Poly> {
        let (lead, c) = by.terms.last_key_value()?;
        let (mut rest, mut quotient) = (self.clone(), Poly::constant(0, self.atoms));
        while let Some((top, d)) = rest.terms.last_key_value() {
            let exponents = top.iter().zip(lead).map(|(x, y)| x.checked_sub(*y)).collect::<Option<Vec<u32>>>()?;
            if d % c != 0 {
                return None;
            }
            let step = Poly { terms: BTreeMap::from([(exponents, d / c)]), atoms: self.atoms };
            rest = rest.plus(&by.times(&step)?, -1)?;
            quotient = quotient.plus(&step, 1)?;
        }
        Some(quotient)
    }

    /// With a positive leading coefficient.
    fn positive(&self) -> Option<Poly> {
        match self.terms.last_key_value() {
            Some((_, c)) if *c < 0 => Poly::constant(0, self.atoms).plus(self, -1),
            _ => Some(self.clone()),
        }
    }
}

/// The greatest common divisor of two numbers of 64 bits.
pub(super) fn narrow_gcd(a: i64, b: i64) -> i64 {
    // Only gcd(i64::MIN, i64::MIN) exceeds i64; 1 is then still a common divisor.
    i64::try_from(gcd(a.into(), b.into())).unwrap_or(1)
}
