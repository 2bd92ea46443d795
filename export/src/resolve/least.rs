//! The least values of numbers that come out of tensors. An op that fails for no elements, or takes one for a broadcast, is the
//! most frequent reason of a guard on them, and a search among all relations takes a thousand runs.

use super::attempt::Attempt;
use super::domain::is_draw;
use symbolic::{Expr, Rel, RelOp};

/// At how many points of all magnitudes each of the values is tried.
const POINTS: usize = 24;

impl Attempt<'_, '_> {
    /// The guards that such numbers are not 0, or neither 0 nor 1. `None` if `same` says something else at some point: that two
    /// numbers must be equal, for example, so that both may be 0.
    pub(super) fn least_of_data(&self, same: &mut impl FnMut(&[i64]) -> bool) -> Option<Vec<Rel>> {
        let domain = &self.domain;
        let example = domain.example();
        let with = |point: &[i64], at: usize, value: i64| -> Option<Vec<i64>> {
            let mut point = point.to_vec();
            *point.get_mut(at)? = value;
            domain.allows(&point).then_some(point)
        };
        let mut least: Vec<(usize, i64)> = Vec::new();
        for (at, variable) in domain.space.variables.iter().enumerate() {
            let read = !is_draw(&variable.symbol) && domain.datum(&variable.symbol).is_some();
            if !read || variable.example < 2 || variable.low > 0 || variable.step != 1 {
                continue;
            }
            let mut is = |value: i64| with(&example, at, value).map(|point| same(&point));
            match (is(0)?, is(1)?) {
                (false, true) => least.push((at, 1)),
                (false, false) => least.push((at, 2)),
                (true, true) => {}
                (true, false) => return None,
            }
        }
        let points = domain.scattered(POINTS, self.lessons.bits, 0x6c65_6173);
        let raised = |point: &[i64]| {
            let mut point = point.to_vec();
            for (at, value) in &least {
                point[*at] = point[*at].max(*value);
            }
            domain.allows(&point).then_some(point)
        };
        let points: Vec<Vec<i64>> = points.iter().filter_map(|point| raised(point)).collect();
        // Nothing else may matter: neither other values, nor that two numbers are small at once.
        let both = |i: usize, j: usize| with(&example, least[i].0, 0).and_then(|point| with(&point, least[j].0, 0));
        let pairs = (0..least.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
        if !points.iter().all(|point| same(point))
            || pairs.into_iter().any(|(i, j)| both(i, j).is_some_and(|point| same(&point)))
        {
            return None;
        }
        for (at, value) in &least {
            for point in points.iter().chain([&example]) {
                let expected = (0..*value).map(|below| (below, false)).chain([(*value, true)]);
                for (value, expected) in expected {
                    if with(point, *at, value).is_some_and(|point| same(&point) != expected) {
                        return None;
                    }
                }
            }
        }
        let guard = |(at, value): &(usize, i64)| {
            let symbol = Expr::symbol(&domain.space.variables[*at].symbol);
            // As the search writes them.
            if *value == 1 {
                Rel::new(RelOp::Gt, symbol, Expr::int(0))
            } else {
                Rel::new(RelOp::Ge, symbol, Expr::int(*value))
            }
        };
        Some(least.iter().map(guard).collect())
    }
}
