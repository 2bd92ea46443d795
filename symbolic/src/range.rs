//! Intervals of integers with open ends: what torch calls `ValueRanges` and prints as `VR[2, int_oo]`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::arith::floor_div;

/// One end of a [`ValueRange`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Bound {
    /// `-int_oo`.
    NegInf,
    /// A number. 128 bits, so that products of sizes rarely overflow; those that do become infinite, which is sound.
    Finite(i128),
    /// `int_oo`.
    PosInf,
}

impl Bound {
    /// The number, unless the bound is infinite.
    pub fn finite(self) -> Option<i128> {
        match self {
            Bound::Finite(n) => Some(n),
            _ => None,
        }
    }

    fn sign(self) -> i8 {
        match self {
            Bound::NegInf => -1,
            Bound::PosInf => 1,
            Bound::Finite(n) => n.signum() as i8,
        }
    }

    fn neg(self) -> Bound {
        match self {
            Bound::NegInf => Bound::PosInf,
            Bound::PosInf => Bound::NegInf,
            Bound::Finite(n) => n.checked_neg().map_or(Bound::PosInf, Bound::Finite),
        }
    }

    fn signed_infinity(sign: i8) -> Bound {
        if sign < 0 { Bound::NegInf } else { Bound::PosInf }
    }

    /// Sum of two lower bounds (`towards` = -1) or two upper bounds (+1); mixed infinities widen that way.
    pub(crate) fn add(self, other: Bound, towards: i8) -> Bound {
        match (self, other) {
            (Bound::Finite(a), Bound::Finite(b)) => {
                a.checked_add(b).map_or(Bound::signed_infinity(towards), Bound::Finite)
            }
            (Bound::Finite(_), infinite) | (infinite, Bound::Finite(_)) => infinite,
            (a, b) if a == b => a,
            _ => Bound::signed_infinity(towards),
        }
    }

    fn mul(self, other: Bound) -> Bound {
        match (self, other) {
            (Bound::Finite(0), _) | (_, Bound::Finite(0)) => Bound::Finite(0),
            (Bound::Finite(a), Bound::Finite(b)) => {
                a.checked_mul(b).map_or(Bound::signed_infinity(self.sign() * other.sign()), Bound::Finite)
            }
            _ => Bound::signed_infinity(self.sign() * other.sign()),
        }
    }

    fn floor_div(self, by: Bound) -> Bound {
        match (self, by) {
            (Bound::Finite(a), Bound::Finite(b)) => Bound::Finite(floor_div(a, b)),
            // A finite number over an infinite one: 0, or -1 when the signs differ.
            (Bound::Finite(a), infinite) => Bound::Finite(if a.signum() as i8 * infinite.sign() < 0 { -1 } else { 0 }),
            (infinite, b) => Bound::signed_infinity(infinite.sign() * b.sign()),
        }
    }
}

impl From<i64> for Bound {
    fn from(n: i64) -> Bound {
        Bound::Finite(n.into())
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bound::NegInf => f.write_str("-int_oo"),
            Bound::Finite(n) => write!(f, "{n}"),
            Bound::PosInf => f.write_str("int_oo"),
        }
    }
}

/// A non-empty interval of integers, both ends included. `Display` is torch's `VR[2, int_oo]`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct ValueRange {
    /// Least value.
    pub lower: Bound,
    /// Greatest value.
    pub upper: Bound,
}

impl ValueRange {
    /// Every integer.
    pub const ALL: ValueRange = ValueRange { lower: Bound::NegInf, upper: Bound::PosInf };

    /// The range of a size symbol before any guard: 0 and 1 are always specialised.
    pub const SIZE: ValueRange = ValueRange { lower: Bound::Finite(2), upper: Bound::PosInf };

    /// From optional ends; `None` is open.
    pub fn new(lower: Option<i64>, upper: Option<i64>) -> ValueRange {
        ValueRange { lower: lower.map_or(Bound::NegInf, Bound::from), upper: upper.map_or(Bound::PosInf, Bound::from) }
    }

    /// Exactly one value.
    pub fn point(n: i128) -> ValueRange {
        ValueRange { lower: Bound::Finite(n), upper: Bound::Finite(n) }
    }

    /// The one value of the range, if it has only one.
    pub fn as_point(&self) -> Option<i128> {
        if self.lower == self.upper { self.lower.finite() } else { None }
    }

    /// Whether no integer is left.
    pub fn is_empty(&self) -> bool {
        self.lower > self.upper
    }

    /// Whether `n` lies inside.
    pub fn contains(&self, n: i64) -> bool {
        self.lower <= Bound::from(n) && Bound::from(n) <= self.upper
    }

    /// Whether every value also lies in `other`.
    pub fn is_subset(&self, other: &ValueRange) -> bool {
        self.lower >= other.lower && self.upper <= other.upper
    }

    /// The values in both; possibly [empty](ValueRange::is_empty).
    #[must_use]
    pub fn intersect(&self, other: &ValueRange) -> ValueRange {
        ValueRange { lower: self.lower.max(other.lower), upper: self.upper.min(other.upper) }
    }

    pub(crate) fn add(self, other: ValueRange) -> ValueRange {
        ValueRange { lower: self.lower.add(other.lower, -1), upper: self.upper.add(other.upper, 1) }
    }

    fn hull(ends: impl IntoIterator<Item = Bound>) -> ValueRange {
        let mut ends = ends.into_iter();
        let first = ends.next().unwrap_or(Bound::Finite(0));
        ends.fold(ValueRange { lower: first, upper: first }, |r, b| ValueRange {
            lower: r.lower.min(b),
            upper: r.upper.max(b),
        })
    }

    fn corners(self, other: ValueRange, f: impl Fn(Bound, Bound) -> Bound) -> ValueRange {
        ValueRange::hull([
            f(self.lower, other.lower),
            f(self.lower, other.upper),
            f(self.upper, other.lower),
            f(self.upper, other.upper),
        ])
    }

    pub(crate) fn mul(self, other: ValueRange) -> ValueRange {
        self.corners(other, Bound::mul)
    }

    pub(crate) fn floor_div(self, by: ValueRange) -> ValueRange {
        if by.contains(0) {
            let (zero, all) = (Bound::Finite(0), ValueRange::ALL);
            return match (self.lower >= zero, self.upper <= zero, by.lower >= zero, by.upper <= zero) {
                (true, _, true, _) | (_, true, _, true) => ValueRange { lower: zero, upper: Bound::PosInf },
                (true, _, _, true) | (_, true, true, _) => ValueRange { lower: Bound::NegInf, upper: zero },
                _ => all,
            };
        }
        self.corners(by, Bound::floor_div)
    }

    /// Remainder with C semantics, as torch bounds `Mod`.
    pub(crate) fn remainder(self, by: ValueRange) -> ValueRange {
        let limit = self.magnitude(by);
        let Some(y) = by.as_point().filter(|y| *y != 0).map(i128::abs) else {
            return match limit {
                Some(top) if !by.contains(0) => ValueRange { lower: Bound::Finite(-top), upper: Bound::Finite(top) },
                _ => ValueRange::ALL,
            };
        };
        if let (Bound::Finite(a), Bound::Finite(b)) = (self.lower, self.upper)
            && a / y == b / y
        {
            return ValueRange { lower: Bound::Finite(a % y), upper: Bound::Finite(b % y) };
        }
        let zero = Bound::Finite(0);
        if self.lower >= zero {
            ValueRange { lower: zero, upper: Bound::Finite(y - 1).min(self.upper) }
        } else if self.upper < zero {
            ValueRange { lower: Bound::Finite(1 - y), upper: zero }
        } else {
            ValueRange { lower: self.lower.max(Bound::Finite(1 - y)), upper: self.upper.min(Bound::Finite(y - 1)) }
        }
    }

    /// The largest remainder a divisor in `by` leaves.
    fn magnitude(self, by: ValueRange) -> Option<i128> {
        let top = by.upper.max(by.lower.neg()).finite()?;
        top.checked_sub(1)
    }

    pub(crate) fn power(self, exponent: ValueRange) -> ValueRange {
        let Some(n) = exponent.as_point().and_then(|n| u32::try_from(n).ok()) else {
            // A base of at least 1 grows with a non-negative exponent.
            let at_least_one = self.lower >= Bound::Finite(1) && exponent.lower >= Bound::Finite(0);
            return if at_least_one {
                ValueRange { lower: Bound::Finite(1), upper: Bound::PosInf }
            } else {
                ValueRange::ALL
            };
        };
        let raise = |b: Bound| match b {
            Bound::Finite(x) => {
                let negative = x < 0 && n % 2 == 1;
                x.checked_pow(n).map_or(Bound::signed_infinity(if negative { -1 } else { 1 }), Bound::Finite)
            }
            Bound::NegInf if n % 2 == 1 => Bound::NegInf,
            _ => Bound::PosInf,
        };
        let mut result = ValueRange::hull([raise(self.lower), raise(self.upper)]);
        if n.is_multiple_of(2) && self.contains(0) {
            result.lower = Bound::Finite(0);
        }
        result
    }

    pub(crate) fn python_remainder(self, by: ValueRange) -> ValueRange {
        let zero = Bound::Finite(0);
        if self.lower >= zero && by.lower >= zero {
            return self.remainder(by);
        }
        let one = |b: Bound, n| b.add(Bound::Finite(n), 1);
        ValueRange {
            lower: if by.lower < zero { one(by.lower, 1) } else { zero },
            upper: if by.upper > zero { one(by.upper, -1) } else { zero },
        }
    }
}

impl fmt::Display for ValueRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VR[{}, {}]", self.lower, self.upper)
    }
}
