//! A choice between expressions: `torch.sym_ite`.

use super::{Expr, ExprKind};
use crate::boolean::BoolExpr;

/// A value and the condition under which a [`ExprKind::Piecewise`] has it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Case {
    /// The value.
    pub value: Expr,
    /// The condition. The value is that of the first case whose condition holds.
    pub condition: BoolExpr,
}

impl Expr {
    /// The value of the first case whose condition holds. Mirrors `sympy.Piecewise`.
    ///
    /// Cases whose condition is false are dropped, and so are those after a condition that is true. Without a case that may
    /// hold, the answer is `None`.
    pub fn piecewise(cases: impl IntoIterator<Item = Case>) -> Option<Expr> {
        let mut kept: Vec<Case> = Vec::new();
        for case in cases {
            match case.condition.decided() {
                Some(false) => continue,
                Some(true) => {
                    kept.push(Case { value: case.value, condition: BoolExpr::Const(true) });
                    break;
                }
                None => kept.push(case),
            }
        }
        match kept.as_slice() {
            [] => None,
            [Case { value, condition: BoolExpr::Const(true) }] => Some(value.clone()),
            _ => Some(Expr::raw(ExprKind::Piecewise(kept))),
        }
    }
}
