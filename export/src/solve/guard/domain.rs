//! The points that may be asked.

use std::collections::HashMap;

use symbolic::{Expr, Rel, RelOp, Symbol};

use super::rng::Rng;
use crate::solve::space::{SizeVariable, Space};

/// A value for each variable.
pub(crate) type Point = Vec<i64>;

/// The sizes that the variables can have at the same time.
pub(super) struct Domain<'a> {
    variables: &'a [SizeVariable],
    /// The known relations over the variables alone: one over other symbols says nothing.
    known: Vec<&'a Rel>,
    index: HashMap<&'a Symbol, usize>,
    /// Variables that a known equality computes from the others.
    computed: Vec<(usize, Expr)>,
}

impl<'a> Domain<'a> {
    pub(super) fn new(space: &'a Space) -> Domain<'a> {
        let Space { variables, guards, .. } = space;
        let index: HashMap<&Symbol, usize> = variables.iter().enumerate().map(|(i, v)| (&v.symbol, i)).collect();
        let mut computed: Vec<(usize, Expr)> = Vec::new();
        for rel in guards.iter().filter(|rel| rel.op == RelOp::Eq) {
            for (one, other) in [(&rel.lhs, &rel.rhs), (&rel.rhs, &rel.lhs)] {
                let Some(at) = one.as_symbol().and_then(|s| index.get(s)).copied() else { continue };
                // A computed variable that others are computed from would need an order.
                let circular =
                    |i: &usize, e: &Expr| *i == at || e.contains(one) || other.contains(&symbol(variables, *i));
                if !other.contains(one) && !computed.iter().any(|(i, e)| circular(i, e)) {
                    computed.push((at, other.clone()));
                    break;
                }
            }
        }
        let known = guards.iter().filter(|rel| rel.free_symbols().iter().all(|s| index.contains_key(s))).collect();
        Domain { variables, known, index, computed }
    }

    pub(super) fn len(&self) -> usize {
        self.variables.len()
    }

    pub(super) fn example(&self) -> Point {
        self.variables.iter().map(|v| v.example).collect()
    }

    pub(super) fn symbol(&self, at: usize) -> Expr {
        symbol(self.variables, at)
    }

    /// Whether the variable can be set, and is not computed from others.
    pub(super) fn is_free(&self, at: usize) -> bool {
        !self.computed.iter().any(|(i, _)| *i == at)
    }

    /// The least and the greatest size of a variable.
    pub(super) fn bounds(&self, at: usize) -> (i64, i64) {
        let Some(v) = self.variables.get(at) else { return (0, 0) };
        let step = i128::from(v.step.max(1));
        let (low, high, example) = (i128::from(v.low), i128::from(v.high), i128::from(v.example));
        let least = low + (example - low).rem_euclid(step);
        let greatest = high - (high - example).rem_euclid(step);
        (narrow(least), narrow(greatest))
    }

    pub(super) fn step(&self, at: usize) -> i64 {
        self.variables.get(at).map_or(1, |v| v.step.max(1))
    }

    /// The valid size next to a number.
    pub(super) fn snap(&self, at: usize, value: i128) -> i64 {
        let (low, high) = self.bounds(at);
        let step = i128::from(self.step(at));
        let low = i128::from(low);
        let steps = (value - low + step / 2).div_euclid(step);
        narrow((low + steps * step).clamp(low, i128::from(high).max(low)))
    }

    /// The point with every size valid and every computed size computed.
    pub(super) fn settle(&self, mut point: Point) -> Option<Point> {
        for (i, value) in point.iter_mut().enumerate() {
            *value = self.snap(i, i128::from(*value));
        }
        for (at, expr) in &self.computed {
            let value = self.value(expr, &point)?;
            *point.get_mut(*at)? = value;
        }
        self.contains(&point).then_some(point)
    }

    /// The point with one size replaced.
    pub(super) fn moved(&self, point: &[i64], at: usize, value: i128) -> Option<Point> {
        let mut point = point.to_vec();
        *point.get_mut(at)? = self.snap(at, value);
        self.settle(point)
    }

    pub(super) fn contains(&self, point: &[i64]) -> bool {
        let valid = |(v, value): (&SizeVariable, &i64)| {
            let apart = i128::from(*value) - i128::from(v.example);
            (v.low..=v.high).contains(value) && apart.rem_euclid(i128::from(v.step.max(1))) == 0
        };
        self.variables.iter().zip(point).all(valid) && self.known.iter().all(|rel| self.is_true(rel, point))
    }

    /// Whether a relation holds. One over other symbols says nothing.
    pub(super) fn holds(&self, rel: &Rel, point: &[i64]) -> bool {
        let foreign = rel.free_symbols().iter().any(|s| !self.index.contains_key(s));
        foreign || self.is_true(rel, point)
    }

    fn is_true(&self, rel: &Rel, point: &[i64]) -> bool {
        rel.eval(&|s| self.index.get(s).and_then(|i| point.get(*i)).copied()).unwrap_or(false)
    }

    fn value(&self, expr: &Expr, point: &[i64]) -> Option<i64> {
        expr.eval(&|s| self.index.get(s).and_then(|i| point.get(*i)).copied()).ok()
    }

    /// Any point, small and large sizes alike.
    pub(super) fn random(&self, rng: &mut Rng) -> Option<Point> {
        let most = if rng.below(3) == 0 { 64 } else { i64::MAX };
        let point = (0..self.len()).map(|i| {
            let (low, high) = self.bounds(i);
            let high = high.min(most.max(low));
            self.snap(i, rng.spread(low.into(), high.into()))
        });
        self.settle(point.collect())
    }
}

fn symbol(variables: &[SizeVariable], at: usize) -> Expr {
    variables.get(at).map_or(Expr::int(0), |v| Expr::symbol(&v.symbol))
}

fn narrow(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}
