//! Fractions.

use crate::arith::gcd;
use std::fmt;

/// A fraction in lowest terms that is not an integer. The denominator is at least 2.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ratio {
    numerator: i64,
    denominator: i64,
}

impl Ratio {
    /// `Err` holds the integer if the fraction is one; `None` for a denominator of 0, and past 64 bits.
    pub(super) fn new(numerator: i64, denominator: i64) -> Option<Result<Ratio, i64>> {
        let shared = i64::try_from(gcd(numerator.into(), denominator.into())).ok().filter(|_| denominator != 0)?;
        let shared = if denominator < 0 { shared.checked_neg()? } else { shared };
        let (numerator, denominator) = (numerator.checked_div(shared)?, denominator.checked_div(shared)?);
        Some(if denominator == 1 { Err(numerator) } else { Ok(Ratio { numerator, denominator }) })
    }

    /// The number above the line, which has the sign.
    pub fn numerator(self) -> i64 {
        self.numerator
    }

    /// The number below the line.
    pub fn denominator(self) -> i64 {
        self.denominator
    }

    /// The nearest float.
    pub fn to_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }
}

/// `1/2`
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}
