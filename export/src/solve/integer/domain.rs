//! The points at which a model may be run.

use symbolic::{Expr, Rel, RelOp, Symbol};

use super::census::Listed;
use super::form::Form;
use super::places::Places;
use crate::solve::space::{SizeVariable, Space};

/// Sizes are not tried beyond this.
pub(super) const TOP: i64 = 1 << 20;

/// If there are not more points than this, all are tried.
const FEW: usize = 160;

/// A space, prepared for drawing points.
pub(super) struct Domain {
    pub(super) variables: Vec<SizeVariable>,
    pub(super) symbols: Vec<Symbol>,
    pub(super) parts: Vec<Form>,
    pub(super) guards: Vec<(RelOp, Form, Form)>,
    /// Points for whoever judges expressions.
    pub(super) places: Places,
    pub(super) listed: Listed,
}

impl Domain {
    pub(super) fn new(space: &Space) -> Domain {
        let symbols: Vec<Symbol> = space.variables.iter().map(|v| v.symbol.clone()).collect();
        let variables = space.variables.iter().map(|v| {
            let step = v.step.max(1);
            // The ends are moved to valid values.
            let low = v.low + (v.example - v.low).rem_euclid(step);
            let high = v.high.min(TOP.max(v.example));
            let high = high - (high - v.example).rem_euclid(step);
            SizeVariable { step, low: low.min(v.example), high: high.max(v.example), ..v.clone() }
        });
        let guard = |rel: &Rel| Some((rel.op, Form::read(&rel.lhs, &symbols)?, Form::read(&rel.rhs, &symbols)?));
        let guards = space.guards.iter().filter_map(guard).collect();
        let mut domain = Domain {
            variables: variables.collect(),
            parts: Vec::new(),
            guards,
            symbols,
            places: Places::default(),
            listed: Listed::default(),
        };
        domain.tighten();
        domain.set_parts(&space.parts);
        domain
    }

    /// Replaces the parts.
    pub(super) fn set_parts(&mut self, parts: &[Expr]) {
        let part = |e: &Expr| match Form::read(e, &self.symbols)? {
            Form::Int(_) | Form::Variable(_) => None,
            form => Some(form),
        };
        let mut forms: Vec<Form> = Vec::new();
        for form in parts.iter().filter_map(part) {
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
        self.parts = forms;
    }

    /// The space of some of the sizes. It has the parts over these sizes, and no guards.
    pub(super) fn slice(&self, kept: &[usize], base: &[i64]) -> Domain {
        let variables = kept.iter().filter_map(|i| {
            let (variable, at) = (self.variables.get(*i)?, base.get(*i)?);
            Some(SizeVariable { example: *at, ..variable.clone() })
        });
        let new_name = |i: usize| kept.iter().position(|k| *k == i);
        Domain {
            variables: variables.collect(),
            symbols: kept.iter().filter_map(|i| self.symbols.get(*i).cloned()).collect(),
            parts: self.parts.iter().filter_map(|part| part.renamed(&new_name)).collect(),
            guards: Vec::new(),
            places: Places::default(),
            listed: Listed::default(),
        }
    }

    pub(super) fn example(&self) -> Vec<i64> {
        self.variables.iter().map(|v| v.example).collect()
    }

    pub(super) fn contains(&self, point: &[i64]) -> bool {
        let valid =
            |(v, x): (&SizeVariable, &i64)| (v.low..=v.high).contains(x) && (x - v.example).rem_euclid(v.step) == 0;
        let holds = |(op, x, y): &(RelOp, Form, Form)| match (x.at(point), y.at(point)) {
            (Some(x), Some(y)) => op.accepts(x.cmp(&y)),
            _ => false,
        };
        point.len() == self.variables.len()
            && self.variables.iter().zip(point).all(valid)
            && self.guards.iter().all(holds)
    }

    /// A valid point near this one; `None` if none is found.
    pub(super) fn snap(&self, point: &[i64]) -> Option<Vec<i64>> {
        let near = |(v, x): (&SizeVariable, &i64)| {
            let x = (*x).clamp(v.low, v.high);
            x - (x - v.low).rem_euclid(v.step)
        };
        let snapped: Vec<i64> = self.variables.iter().zip(point).map(near).collect();
        if self.contains(&snapped) {
            return Some(snapped);
        }
        // A guard such as `a <= b` often holds after an exchange, `a == b` with equal values.
        for i in 0..snapped.len() {
            for j in 0..snapped.len() {
                for exchange in [true, false] {
                    let mut other = point.to_vec();
                    if exchange {
                        other.swap(i, j);
                    } else if let Some(x) = point.get(j) {
                        other.iter_mut().skip(i).take(1).for_each(|y| *y = *x);
                    }
                    let other: Vec<i64> = self.variables.iter().zip(&other).map(near).collect();
                    if self.contains(&other) {
                        return Some(other);
                    }
                }
            }
        }
        None
    }

    /// All points, if they are few.
    pub(super) fn all(&self) -> Option<&[Vec<i64>]> {
        self.listed().filter(|all| all.len() <= FEW)
    }
}

/// A small generator of random numbers. Every export draws the same points.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Random {
        Random(seed ^ 0x9E37_79B9_7F4A_7C15)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Uniform in `low..=high`.
    pub(super) fn range(&mut self, low: i64, high: i64) -> i64 {
        let count = high.saturating_sub(low).saturating_add(1).max(1);
        low + ((self.next() >> 11) as i64).rem_euclid(count)
    }

    /// Log-uniform in `1..=top`.
    pub(super) fn log(&mut self, top: i64) -> i64 {
        let u = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        ((top as f64).ln() * u).exp().round() as i64
    }

    /// One of the items.
    pub(super) fn pick<'t, T>(&mut self, items: &'t [T]) -> Option<&'t T> {
        items.get(self.range(0, items.len() as i64 - 1) as usize)
    }
}
