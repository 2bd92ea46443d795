//! Floats that follow sizes (a placeholder until the search of floats is merged).
use super::Space;
use std::collections::HashMap;
use symbolic::{Expr, Symbol};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FloatExpr {
    Int(Expr),
}

impl FloatExpr {
    pub(crate) fn eval(&self, values: &HashMap<Symbol, i64>) -> Option<f64> {
        let FloatExpr::Int(expr) = self;
        expr.eval(&|symbol| values.get(symbol).copied()).ok().map(|v| v as f64)
    }
    pub(crate) fn try_map_ints<E>(&self, map: &impl Fn(&Expr) -> Result<Expr, E>) -> Result<FloatExpr, E> {
        let FloatExpr::Int(expr) = self;
        Ok(FloatExpr::Int(map(expr)?))
    }
}

pub(crate) fn identify_float(_: &Space, _: &mut dyn FnMut(&[i64]) -> Option<f64>) -> Option<FloatExpr> {
    None
}
