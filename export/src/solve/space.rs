//! The sizes that may move, and what is known about them.

use symbolic::{Expr, Rel, Symbol};

/// The sizes that may move, and what is known about them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Space {
    /// The sizes. The coordinates of a point are in this order.
    pub(crate) variables: Vec<SizeVariable>,
    /// Relations that hold at every point.
    pub(crate) guards: Vec<Rel>,
    /// Expressions over the sizes that are likely parts of others: sizes of intermediate results.
    pub(crate) parts: Vec<Expr>,
}

/// A size that may move.
#[derive(Clone, Debug)]
pub(crate) struct SizeVariable {
    /// Its symbol.
    pub(crate) symbol: Symbol,
    /// Its value in the example.
    pub(crate) example: i64,
    /// The smallest value.
    pub(crate) low: i64,
    /// The largest value, inclusive.
    pub(crate) high: i64,
    /// Only values congruent to the example modulo `step` are valid. At least 1.
    pub(crate) step: i64,
}

impl SizeVariable {
    /// The valid value that is nearest to `value`.
    pub(crate) fn near(&self, value: i64) -> i64 {
        let step = self.step.max(1);
        let value = value.clamp(self.low, self.high);
        let over = value.saturating_sub(self.example).rem_euclid(step);
        let below = value - over;
        let nearest = if over * 2 > step && below + step <= self.high { below + step } else { below };
        if nearest < self.low { nearest + step } else { nearest }
    }
}
