//! Numbers made of sizes that a relation can compare.

use symbolic::{Expr, ExprError};

/// A part of a feature. Variables are given by their index.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Part {
    /// `x`
    Size(usize),
    /// `x*y`
    Product(usize, usize),
    /// `x*y*z`
    Volume(usize, usize, usize),
    /// `(x + add) // by`
    Quotient { of: usize, add: i64, by: i64 },
    /// `(x // k) * (y // m)`
    Patches { x: usize, k: i64, y: usize, m: i64 },
    /// `x % by`
    Rest { of: usize, by: i64 },
    /// `x % y`
    Remainder(usize, usize),
    /// `Max(x, y)`
    Max(usize, usize),
    /// `Min(x, y)`
    Min(usize, usize),
}

/// A sum of parts with coefficients.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Feature {
    pub(super) terms: Vec<(i64, Part)>,
    /// How much there is to read.
    pub(super) cost: u32,
    /// Whether equality and remainders of it are something that people write.
    pub(super) exact: bool,
}

impl Part {
    fn eval(self, point: &[i64]) -> i128 {
        // Numbers of 64 bits are much faster to divide.
        let size = |i: usize| point.get(i).copied().unwrap_or_default();
        let at = |i: usize| i128::from(size(i));
        let quotient = |i: usize, add: i64, by: i64| i128::from(size(i).saturating_add(add).div_euclid(by.max(1)));
        match self {
            Part::Size(x) => at(x),
            Part::Product(x, y) => at(x).saturating_mul(at(y)),
            Part::Volume(x, y, z) => at(x).saturating_mul(at(y)).saturating_mul(at(z)),
            Part::Quotient { of, add, by } => quotient(of, add, by),
            Part::Patches { x, k, y, m } => quotient(x, 0, k).saturating_mul(quotient(y, 0, m)),
            Part::Rest { of, by } => size(of).rem_euclid(by.max(1)).into(),
            Part::Remainder(x, y) => size(x).checked_rem_euclid(size(y)).unwrap_or_default().into(),
            Part::Max(x, y) => at(x).max(at(y)),
            Part::Min(x, y) => at(x).min(at(y)),
        }
    }

    fn variables(self) -> [Option<usize>; 3] {
        match self {
            Part::Size(x) | Part::Quotient { of: x, .. } | Part::Rest { of: x, .. } => [Some(x), None, None],
            Part::Product(x, y) | Part::Patches { x, y, .. } => [Some(x), Some(y), None],
            Part::Remainder(x, y) | Part::Max(x, y) | Part::Min(x, y) => [Some(x), Some(y), None],
            Part::Volume(x, y, z) => [Some(x), Some(y), Some(z)],
        }
    }

    fn expr(self, symbol: &impl Fn(usize) -> Expr) -> Result<Expr, ExprError> {
        match self {
            Part::Size(x) => Ok(symbol(x)),
            Part::Product(x, y) => symbol(x).try_mul(&symbol(y)),
            Part::Volume(x, y, z) => Expr::product([symbol(x), symbol(y), symbol(z)]),
            Part::Quotient { of, add, by } => symbol(of).try_add(&Expr::int(add))?.floor_div(&Expr::int(by)),
            Part::Patches { x, k, y, m } => {
                symbol(x).floor_div(&Expr::int(k))?.try_mul(&symbol(y).floor_div(&Expr::int(m))?)
            }
            Part::Rest { of, by } => symbol(of).modulo(&Expr::int(by)),
            Part::Remainder(x, y) => symbol(x).modulo(&symbol(y)),
            Part::Max(x, y) => Expr::max_of([symbol(x), symbol(y)]),
            Part::Min(x, y) => Expr::min_of([symbol(x), symbol(y)]),
        }
    }
}

impl Feature {
    pub(super) fn eval(&self, point: &[i64]) -> i128 {
        self.terms
            .iter()
            .fold(0_i128, |sum, (c, part)| sum.saturating_add(part.eval(point).saturating_mul(i128::from(*c))))
    }

    /// The variables in it, each once.
    pub(super) fn variables(&self) -> Vec<usize> {
        let mut all: Vec<usize> = self.terms.iter().flat_map(|(_, part)| part.variables()).flatten().collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The one variable that the feature is.
    pub(super) fn single(&self) -> Option<usize> {
        match self.terms.as_slice() {
            [(1, Part::Size(x))] => Some(*x),
            _ => None,
        }
    }

    /// Whether the feature is a remainder, which is never negative.
    pub(super) fn is_remainder(&self) -> bool {
        matches!(self.terms.as_slice(), [(1, Part::Rest { .. } | Part::Remainder(..))])
    }

    /// The terms with a positive coefficient, and the others with their sign turned.
    pub(super) fn sides(&self, symbol: &impl Fn(usize) -> Expr) -> Result<(Expr, Expr), ExprError> {
        let side = |sign: i64| {
            let terms = self.terms.iter().filter(move |(c, _)| c.signum() == sign);
            let terms = terms.map(|(c, part)| part.expr(symbol)?.try_mul(&Expr::int(c.saturating_abs())));
            Expr::sum(terms.collect::<Result<Vec<_>, _>>()?)
        };
        Ok((side(1)?, side(-1)?))
    }

    /// The sum with each coefficient reduced modulo a number, so that none is negative.
    pub(super) fn reduced(&self, by: i64, symbol: &impl Fn(usize) -> Expr) -> Result<Expr, ExprError> {
        let terms = self.terms.iter().map(|(c, part)| part.expr(symbol)?.try_mul(&Expr::int(c.rem_euclid(by.max(1)))));
        Expr::sum(terms.collect::<Result<Vec<_>, _>>()?)
    }
}
