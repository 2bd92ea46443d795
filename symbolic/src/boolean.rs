//! Conditions: relations joined by `&`, `|` and `~`.

use crate::expr::{Expr, ExprError, Number, Symbol};
use crate::range::Bound;
use crate::rel::{Rel, RelOp, decide};
use indexmap::IndexSet;
use std::fmt;

/// A condition (a sympy `Boolean`): the value of a `torch.SymBool`.
///
/// `Display` is what torch prints: `s77 > 4`, `Eq(u0, 1) & (s77 < s27)`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum BoolExpr {
    /// `true` or `false`.
    Const(bool),
    /// A relation.
    Rel(Rel),
    /// `~a`
    Not(Box<BoolExpr>),
    /// `a & b`; [`all`](BoolExpr::all) puts the parts in the order in which PyTorch prints them.
    And(Vec<BoolExpr>),
    /// `a | b`; see [`any`](BoolExpr::any).
    Or(Vec<BoolExpr>),
}

impl From<Rel> for BoolExpr {
    fn from(rel: Rel) -> Self {
        BoolExpr::Rel(rel)
    }
}

impl BoolExpr {
    /// The relation, if it is one.
    pub fn as_rel(&self) -> Option<&Rel> {
        match self {
            BoolExpr::Rel(rel) => Some(rel),
            _ => None,
        }
    }

    /// Calls `see` with both sides of every relation.
    pub fn visit(&self, see: &mut impl FnMut(&Expr)) {
        match self {
            BoolExpr::Const(_) => {}
            BoolExpr::Rel(rel) => {
                see(&rel.lhs);
                see(&rel.rhs);
            }
            BoolExpr::Not(inner) => inner.visit(see),
            BoolExpr::And(parts) | BoolExpr::Or(parts) => parts.iter().for_each(|part| part.visit(see)),
        }
    }

    /// Its symbols in order of appearance.
    pub fn free_symbols(&self) -> IndexSet<Symbol> {
        let mut found = IndexSet::new();
        self.visit(&mut |side| found.extend(side.free_symbols()));
        found
    }

    /// Whether the condition holds for these values.
    ///
    /// # Errors
    /// As [`Expr::eval`].
    pub fn eval(&self, values: &impl Fn(&Symbol) -> Option<i64>) -> Result<bool, ExprError> {
        Ok(match self {
            BoolExpr::Const(value) => *value,
            BoolExpr::Rel(rel) => rel.eval(values)?,
            BoolExpr::Not(inner) => !inner.eval(values)?,
            BoolExpr::And(parts) => {
                let all = parts.iter().map(|part| part.eval(values)).collect::<Result<Vec<_>, _>>()?;
                all.into_iter().all(|holds| holds)
            }
            BoolExpr::Or(parts) => {
                let all = parts.iter().map(|part| part.eval(values)).collect::<Result<Vec<_>, _>>()?;
                all.into_iter().any(|holds| holds)
            }
        })
    }

    /// Whether the condition holds for these values, which may be reals.
    ///
    /// # Errors
    /// As [`Expr::eval_number`].
    pub fn eval_number(&self, values: &impl Fn(&Symbol) -> Option<Number>) -> Result<bool, ExprError> {
        Ok(match self {
            BoolExpr::Const(value) => *value,
            BoolExpr::Rel(Rel { op, lhs, rhs }) => match (lhs.eval_number(values)?, rhs.eval_number(values)?) {
                (Number::Int(lhs), Number::Int(rhs)) => op.accepts(lhs.cmp(&rhs)),
                // As in Python, nothing but `!=` holds for NaN.
                (lhs, rhs) => match lhs.to_real().partial_cmp(&rhs.to_real()) {
                    Some(order) => op.accepts(order),
                    None => *op == RelOp::Ne,
                },
            },
            BoolExpr::Not(inner) => !inner.eval_number(values)?,
            BoolExpr::And(parts) => {
                let all = parts.iter().map(|part| part.eval_number(values)).collect::<Result<Vec<_>, _>>()?;
                all.into_iter().all(|holds| holds)
            }
            BoolExpr::Or(parts) => {
                let all = parts.iter().map(|part| part.eval_number(values)).collect::<Result<Vec<_>, _>>()?;
                all.into_iter().any(|holds| holds)
            }
        })
    }

    /// The condition with both sides of every relation replaced.
    ///
    /// # Errors
    /// The first error of `f`.
    pub(crate) fn map(&self, f: &mut impl FnMut(&Expr) -> Result<Expr, ExprError>) -> Result<BoolExpr, ExprError> {
        let all = |parts: &[BoolExpr], f: &mut _| parts.iter().map(|part| part.map(f)).collect::<Result<Vec<_>, _>>();
        Ok(match self {
            BoolExpr::Const(value) => BoolExpr::Const(*value),
            BoolExpr::Rel(rel) => BoolExpr::Rel(rel.map(f)?),
            BoolExpr::Not(inner) => BoolExpr::Not(Box::new(inner.map(f)?)),
            BoolExpr::And(parts) => BoolExpr::all(all(parts, f)?),
            BoolExpr::Or(parts) => BoolExpr::any(all(parts, f)?),
        })
    }

    /// Its value, if it has no symbols.
    pub fn decided(&self) -> Option<bool> {
        match self {
            BoolExpr::Const(value) => Some(*value),
            BoolExpr::Rel(Rel { op, lhs, rhs }) => match (lhs.as_real(), rhs.as_real()) {
                (Some(lhs), Some(rhs)) => lhs.partial_cmp(&rhs).map(|order| op.accepts(order)),
                _ if lhs == rhs => Some(matches!(op, RelOp::Eq | RelOp::Le | RelOp::Ge)),
                _ => {
                    let difference = lhs.try_sub(rhs).ok()?;
                    let range = difference.assumed_range();
                    if range.lower == Bound::NegInf && range.upper == Bound::PosInf {
                        return None;
                    }
                    decide(*op, &difference, &range)
                }
            },
            BoolExpr::Not(inner) => inner.decided().map(|value| !value),
            BoolExpr::And(parts) => {
                if parts.iter().any(|part| part.decided() == Some(false)) {
                    return Some(false);
                }
                parts.iter().all(|part| part.decided() == Some(true)).then_some(true)
            }
            BoolExpr::Or(parts) => {
                if parts.iter().any(|part| part.decided() == Some(true)) {
                    return Some(true);
                }
                parts.iter().all(|part| part.decided() == Some(false)).then_some(false)
            }
        }
    }

    /// The condition in sympy's `srepr` form, as a `.pt2` file keeps it.
    pub fn srepr(&self) -> String {
        self.joined().srepr_as_it_is()
    }

    fn srepr_as_it_is(&self) -> String {
        let call = |name: &str, parts: &[BoolExpr]| {
            let parts: Vec<String> = parts.iter().map(BoolExpr::srepr_as_it_is).collect();
            format!("{name}({})", parts.join(", "))
        };
        match self {
            BoolExpr::Const(true) => "true".to_owned(),
            BoolExpr::Const(false) => "false".to_owned(),
            BoolExpr::Rel(rel) => rel.srepr(),
            BoolExpr::Not(inner) => call("Not", std::slice::from_ref(inner)),
            BoolExpr::And(parts) => call("And", parts),
            BoolExpr::Or(parts) => call("Or", parts),
        }
    }
}

impl fmt::Display for BoolExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.joined().fmt_as_it_is(f)
    }
}

impl BoolExpr {
    fn fmt_as_it_is(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// A part of a `&`, `|` or `~`. Equalities print as calls and need no brackets.
        fn part(f: &mut fmt::Formatter<'_>, part: &BoolExpr) -> fmt::Result {
            match part {
                BoolExpr::Const(_) | BoolExpr::Not(_) => part.fmt_as_it_is(f),
                BoolExpr::Rel(rel) if matches!(rel.op, RelOp::Eq | RelOp::Ne) => fmt::Display::fmt(rel, f),
                _ => {
                    f.write_str("(")?;
                    part.fmt_as_it_is(f)?;
                    f.write_str(")")
                }
            }
        }
        let (parts, by) = match self {
            BoolExpr::Const(true) => return f.write_str("True"),
            BoolExpr::Const(false) => return f.write_str("False"),
            BoolExpr::Rel(rel) => return fmt::Display::fmt(rel, f),
            BoolExpr::Not(inner) => {
                f.write_str("~")?;
                return part(f, inner);
            }
            BoolExpr::And(parts) => (parts, " & "),
            BoolExpr::Or(parts) => (parts, " | "),
        };
        for (i, each) in parts.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { by })?;
            part(f, each)?;
        }
        Ok(())
    }
}
