//! Relations between expressions: what a guard states.

use std::cmp::Ordering;
use std::fmt;

use indexmap::{IndexMap, IndexSet};

use crate::expr::print::{MUL, RELATIONAL, relation_side};
use crate::expr::source_text::bracketed;
use crate::expr::{Expr, ExprError, Symbol};
use crate::range::{Bound, ValueRange};

/// A comparison.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum RelOp {
    /// `==`, sympy's `Equality`.
    Eq,
    /// `!=`, sympy's `Unequality`.
    Ne,
    /// `<`, sympy's `StrictLessThan`.
    Lt,
    /// `<=`, sympy's `LessThan`.
    Le,
    /// `>`, sympy's `StrictGreaterThan`.
    Gt,
    /// `>=`, sympy's `GreaterThan`.
    Ge,
}

impl RelOp {
    /// Every comparison.
    pub const ALL: [RelOp; 6] = [RelOp::Eq, RelOp::Ne, RelOp::Lt, RelOp::Le, RelOp::Gt, RelOp::Ge];

    /// The comparison that holds exactly when this one does not.
    #[must_use]
    pub fn negated(self) -> RelOp {
        match self {
            RelOp::Eq => RelOp::Ne,
            RelOp::Ne => RelOp::Eq,
            RelOp::Lt => RelOp::Ge,
            RelOp::Le => RelOp::Gt,
            RelOp::Gt => RelOp::Le,
            RelOp::Ge => RelOp::Lt,
        }
    }

    /// The comparison with its sides exchanged.
    #[must_use]
    pub fn mirrored(self) -> RelOp {
        match self {
            RelOp::Lt => RelOp::Gt,
            RelOp::Le => RelOp::Ge,
            RelOp::Gt => RelOp::Lt,
            RelOp::Ge => RelOp::Le,
            same => same,
        }
    }

    /// Whether numbers in this order satisfy the comparison.
    pub fn accepts(self, order: Ordering) -> bool {
        match self {
            RelOp::Eq => order.is_eq(),
            RelOp::Ne => order.is_ne(),
            RelOp::Lt => order.is_lt(),
            RelOp::Le => order.is_le(),
            RelOp::Gt => order.is_gt(),
            RelOp::Ge => order.is_ge(),
        }
    }

    /// The Python operator.
    pub fn symbol(self) -> &'static str {
        match self {
            RelOp::Eq => "==",
            RelOp::Ne => "!=",
            RelOp::Lt => "<",
            RelOp::Le => "<=",
            RelOp::Gt => ">",
            RelOp::Ge => ">=",
        }
    }

    /// The sympy class, as `srepr` writes it.
    pub fn class(self) -> &'static str {
        match self {
            RelOp::Eq => "Equality",
            RelOp::Ne => "Unequality",
            RelOp::Lt => "StrictLessThan",
            RelOp::Le => "LessThan",
            RelOp::Gt => "StrictGreaterThan",
            RelOp::Ge => "GreaterThan",
        }
    }
}

/// `lhs op rhs`. `Display` is what torch prints: `Eq(s0, 4)`, `s0 > 3`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Rel {
    /// The comparison.
    pub op: RelOp,
    /// Left side.
    pub lhs: Expr,
    /// Right side.
    pub rhs: Expr,
}

impl Rel {
    /// A relation, kept as written.
    pub fn new(op: RelOp, lhs: Expr, rhs: Expr) -> Rel {
        Rel { op, lhs, rhs }
    }

    /// `lhs == rhs`.
    pub fn eq(lhs: Expr, rhs: Expr) -> Rel {
        Rel::new(RelOp::Eq, lhs, rhs)
    }

    /// The relation that holds exactly when this one does not.
    #[must_use]
    pub fn negated(&self) -> Rel {
        Rel::new(self.op.negated(), self.lhs.clone(), self.rhs.clone())
    }

    /// The same statement with its sides exchanged.
    #[must_use]
    pub fn mirrored(&self) -> Rel {
        Rel::new(self.op.mirrored(), self.rhs.clone(), self.lhs.clone())
    }

    /// Symbols of both sides in order of appearance.
    pub fn free_symbols(&self) -> IndexSet<Symbol> {
        let mut all = self.lhs.free_symbols();
        all.extend(self.rhs.free_symbols());
        all
    }

    /// Whether the relation holds for these values.
    ///
    /// # Errors
    /// As [`Expr::eval`].
    pub fn eval(&self, values: &impl Fn(&Symbol) -> Option<i64>) -> Result<bool, ExprError> {
        Ok(self.op.accepts(self.lhs.eval(values)?.cmp(&self.rhs.eval(values)?)))
    }

    /// Both sides with symbols replaced.
    ///
    /// # Errors
    /// As [`Expr::substitute`].
    pub fn substitute(&self, with: &IndexMap<Symbol, Expr>) -> Result<Rel, ExprError> {
        self.map(|e| e.substitute(with))
    }

    pub(crate) fn map(&self, mut f: impl FnMut(&Expr) -> Result<Expr, ExprError>) -> Result<Rel, ExprError> {
        Ok(Rel::new(self.op, f(&self.lhs)?, f(&self.rhs)?))
    }

    /// The answer that follows from the assumption on each symbol alone (`s0 >= 1` is true), whatever its range.
    ///
    /// # Errors
    /// [`ExprError::Overflow`] when the difference of the sides leaves 64 bits.
    pub fn assumed(&self) -> Result<Option<bool>, ExprError> {
        let difference = self.lhs.try_sub(&self.rhs)?;
        Ok(decide(self.op, &difference, &difference.assumed_range()))
    }

    /// The relation in sympy's `srepr` form, as a `.pt2` file keeps it.
    pub fn srepr(&self) -> String {
        format!("{}({}, {})", self.op.class(), self.lhs.srepr(), self.rhs.srepr())
    }

    /// The relation as Python code, each symbol written as `source` says: `L['x'].size()[0] <= 10`.
    pub fn source_text(&self, source: &impl Fn(&Symbol) -> String) -> String {
        let level = match self.op {
            RelOp::Eq | RelOp::Ne => MUL,
            _ => RELATIONAL,
        };
        format!("{} {} {}", bracketed(&self.lhs, level, source), self.op.symbol(), bracketed(&self.rhs, level, source))
    }
}

/// Whether `difference op 0` is settled by the bounds of the difference, or by its parity.
pub(crate) fn decide(op: RelOp, difference: &Expr, range: &ValueRange) -> Option<bool> {
    let zero = Bound::Finite(0);
    let equal = match range.as_point() {
        Some(n) => Some(n == 0),
        None if range.lower > zero || range.upper < zero || difference.is_odd() == Some(true) => Some(false),
        None => None,
    };
    match op {
        RelOp::Eq => equal,
        RelOp::Ne => equal.map(|e| !e),
        RelOp::Lt if range.upper < zero => Some(true),
        RelOp::Lt if range.lower >= zero => Some(false),
        RelOp::Le if range.upper <= zero => Some(true),
        RelOp::Le if range.lower > zero => Some(false),
        RelOp::Lt | RelOp::Le => None,
        RelOp::Gt => decide(RelOp::Le, difference, range).map(|v| !v),
        RelOp::Ge => decide(RelOp::Lt, difference, range).map(|v| !v),
    }
}

impl fmt::Display for Rel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.op {
            RelOp::Eq => write!(f, "Eq({}, {})", self.lhs, self.rhs),
            RelOp::Ne => write!(f, "Ne({}, {})", self.lhs, self.rhs),
            op => write!(f, "{} {} {}", relation_side(&self.lhs), op.symbol(), relation_side(&self.rhs)),
        }
    }
}
