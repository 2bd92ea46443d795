//! Numbers that are one expression around the example and another one elsewhere.

use symbolic::RelOp;

use super::census::Listed;
use super::domain::Domain;
use super::form::Form;
use super::places::Places;
use crate::solve::space::SizeVariable;

/// A piece has at least this many points, since some expression always fits a few.
const LEAST: i64 = 12;

/// Spaces around the example, the larger ones first: sizes in the order of the example, sizes from those of the example
/// upwards, and boxes around the example.
pub(super) fn around(domain: &Domain, relevant: &[usize]) -> Vec<Domain> {
    let example = domain.example();
    let mut orders: Vec<(RelOp, Form, Form)> = Vec::new();
    for (n, i) in relevant.iter().enumerate() {
        for j in relevant.iter().skip(n + 1) {
            let op = match example.get(*i).cmp(&example.get(*j)) {
                std::cmp::Ordering::Less => RelOp::Lt,
                std::cmp::Ordering::Equal => continue,
                std::cmp::Ordering::Greater => RelOp::Gt,
            };
            orders.push((op, Form::Variable(*i), Form::Variable(*j)));
        }
    }
    type Bounds = fn(&SizeVariable) -> (i64, i64);
    let boxes: [Bounds; 5] = [
        |v| (v.example, v.high),
        |v| (v.low, v.example),
        |v| (v.low, v.example.saturating_add(v.example / 2)),
        |v| (v.example - v.example / 4, v.example + v.example / 4),
        |v| (v.example - 6 * v.step, v.example + 6 * v.step),
    ];
    let mut found = Vec::new();
    if !orders.is_empty() {
        found.push(domain.within(|v| (v.low, v.high), &orders));
    }
    for bounds in boxes {
        for guards in [&[][..], &orders] {
            if guards.is_empty() || !orders.is_empty() {
                found.push(domain.within(bounds, guards));
            }
            if orders.is_empty() {
                break;
            }
        }
    }
    let wide = |d: &Domain| {
        let count = |i: &usize| d.variables.get(*i).map_or(1, |v| (v.high - v.low) / v.step + 1);
        relevant.iter().all(|i| count(i) >= 3) && relevant.iter().map(count).fold(1_i64, i64::saturating_mul) >= LEAST
    };
    found.retain(wide);
    found
}

impl Domain {
    /// The points between bounds that also satisfy these guards. The example is one of them.
    fn within(&self, bounds: impl Fn(&SizeVariable) -> (i64, i64), guards: &[(RelOp, Form, Form)]) -> Domain {
        let variable = |v: &SizeVariable| {
            let (low, high) = bounds(v);
            let (low, high) = (low.clamp(v.low, v.example), high.clamp(v.example, v.high));
            let (low, high) =
                (low + (v.example - low).rem_euclid(v.step), high - (high - v.example).rem_euclid(v.step));
            SizeVariable { low, high, ..v.clone() }
        };
        Domain {
            variables: self.variables.iter().map(variable).collect(),
            symbols: self.symbols.clone(),
            parts: self.parts.clone(),
            guards: self.guards.iter().chain(guards).cloned().collect(),
            places: Places::default(),
            listed: Listed::default(),
        }
    }
}
