//! One relation: a feature and what must be true of it.

use std::rc::Rc;

use symbolic::{Expr, ExprError, Rel, RelOp};

use super::feature::Feature;

/// What a relation says of its feature.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Test {
    AtLeast(i128),
    AtMost(i128),
    Equals(i128),
    Differs(i128),
    /// `feature % by == rest`
    Rest {
        by: i128,
        rest: i128,
    },
    /// `feature % by != rest`
    NoRest {
        by: i128,
        rest: i128,
    },
}

impl Test {
    pub(super) fn accepts(self, value: i128) -> bool {
        match self {
            Test::AtLeast(c) => value >= c,
            Test::AtMost(c) => value <= c,
            Test::Equals(c) => value == c,
            Test::Differs(c) => value != c,
            Test::Rest { by, rest } => remainder(value, by) == rest,
            Test::NoRest { by, rest } => remainder(value, by) != rest,
        }
    }
}

/// A relation over the variables.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Atom {
    pub(super) feature: Rc<Feature>,
    pub(super) test: Test,
    /// The cost of the feature, of the test, and of its constant.
    pub(super) cost: u32,
}

impl Atom {
    pub(super) fn new(feature: &Rc<Feature>, test: Test) -> Atom {
        let test = match test {
            Test::AtMost(0) if feature.is_remainder() => Test::Equals(0),
            Test::AtLeast(1) if feature.is_remainder() => Test::Differs(0),
            test => test,
        };
        let bits = |n: i128| 128 - n.unsigned_abs().leading_zeros();
        let single = feature.single().is_some();
        // A threshold on one size, or on a product, needs a constant; one between sizes rarely has one.
        let between = feature.terms.len() > 1;
        let constant = |c: i128| if between && c != 0 { 4 + bits(c) / 3 } else { 0 };
        let extra = match test {
            Test::AtLeast(c) => constant(c).min(constant(c - 1)),
            Test::AtMost(c) => constant(c).min(constant(c + 1)),
            Test::Equals(c) => 1 + constant(c),
            Test::Differs(c) => 3 + constant(c),
            Test::Rest { by, rest } => 3 + bits(by) / 2 + if rest == 0 { 0 } else { 2 },
            Test::NoRest { by, rest } => 5 + bits(by) / 2 + if rest == 0 { 0 } else { 2 },
        };
        let plain = single && matches!(test, Test::AtLeast(_) | Test::AtMost(_));
        Atom { feature: Rc::clone(feature), test, cost: feature.cost + if plain { 0 } else { extra } }
    }

    pub(super) fn holds(&self, point: &[i64]) -> bool {
        self.test.accepts(self.feature.eval(point))
    }

    /// The relation as torch writes it: `s0 <= 50`, `s0 >= s1`, `Eq(Mod(s0, 7), 0)`.
    pub(super) fn rel(&self, symbol: &impl Fn(usize) -> Expr) -> Result<Rel, ExprError> {
        match self.test {
            // `x >= 51` is `x > 50`: the rounder number is nearly always the one that was written.
            Test::AtLeast(c) => match rounder(c, c - 1) {
                true => self.compared(RelOp::Ge, c, symbol),
                false => self.compared(RelOp::Gt, c - 1, symbol),
            },
            Test::AtMost(c) => match rounder(c, c + 1) {
                true => self.compared(RelOp::Le, c, symbol),
                false => self.compared(RelOp::Lt, c + 1, symbol),
            },
            Test::Equals(c) => self.compared(RelOp::Eq, c, symbol),
            Test::Differs(c) => self.compared(RelOp::Ne, c, symbol),
            Test::Rest { by, rest } => self.remainder(RelOp::Eq, by, rest, symbol),
            Test::NoRest { by, rest } => self.remainder(RelOp::Ne, by, rest, symbol),
        }
    }

    fn compared(&self, op: RelOp, c: i128, symbol: &impl Fn(usize) -> Expr) -> Result<Rel, ExprError> {
        let (left, right) = self.feature.sides(symbol)?;
        let c = int(c)?;
        if right.is_int(0) {
            return Ok(Rel::new(op, left, Expr::int(c)));
        }
        if left.is_int(0) {
            return Ok(Rel::new(op.mirrored(), right, Expr::int(c).try_neg()?));
        }
        // The constant stands where it is positive.
        if c >= 0 {
            Ok(Rel::new(op, left, right.try_add(&Expr::int(c))?))
        } else {
            Ok(Rel::new(op, left.try_sub(&Expr::int(c))?, right))
        }
    }

    fn remainder(&self, op: RelOp, by: i128, rest: i128, symbol: &impl Fn(usize) -> Expr) -> Result<Rel, ExprError> {
        let by = int(by)?;
        let (left, right) = self.feature.sides(symbol)?;
        if rest == 0 && !right.is_int(0) && !left.is_int(0) {
            let by = Expr::int(by);
            return Ok(Rel::new(op, left.modulo(&by)?, right.modulo(&by)?));
        }
        let whole = self.feature.reduced(by, symbol)?;
        Ok(Rel::new(op, whole.modulo(&Expr::int(by))?, Expr::int(int(rest)?)))
    }
}

/// `value % by`, never negative. Numbers of 64 bits are much faster to divide.
pub(super) fn remainder(value: i128, by: i128) -> i128 {
    match (i64::try_from(value), i64::try_from(by)) {
        (Ok(value), Ok(by)) => value.rem_euclid(by.max(1)).into(),
        _ => value.rem_euclid(by.max(1)),
    }
}

fn int(c: i128) -> Result<i64, ExprError> {
    i64::try_from(c).map_err(|_| ExprError::Overflow { operation: c.to_string() })
}

/// Whether the first number is at least as round as the second.
fn rounder(a: i128, b: i128) -> bool {
    let score = |n: i128| match n {
        0 => 100,
        n if n % 100 == 0 => 50,
        n if n % 10 == 0 => 30,
        n if n > 2 && n & (n - 1) == 0 => 40,
        n if n % 8 == 0 => 20,
        n if n % 5 == 0 => 10,
        _ => 0,
    };
    score(a) >= score(b)
}
