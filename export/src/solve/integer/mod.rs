//! Finds the expression over sizes that every integer of a model is.

mod bank;
mod borders;
mod census;
mod certify;
mod domain;
mod doubts;
pub(crate) mod form;
#[cfg(test)]
mod formulas;
mod learn;
mod piece;
mod places;
mod points;
mod polynomial;
mod search;
mod separate;
#[cfg(test)]
mod small_spaces;
mod sum;
mod target;
#[cfg(test)]
mod tests;
mod tidy;
mod whole;

use std::collections::HashMap;

use symbolic::Expr;

use super::space::Space;
use bank::Banks;
use certify::Judge;
use domain::Domain;
use form::Form;
use piece::around;
use points::shared;
use target::{BUDGET, Target};
use tidy::tidied;
use whole::{Effort, everywhere, relevant};

/// What an integer is.
#[derive(Clone, Debug)]
pub(crate) enum Identified {
    /// The expression holds in the whole space.
    Everywhere { expr: Expr },
    /// The expression holds around the example, and elsewhere the integer is another one.
    Piece { expr: Expr },
}

/// An integer without an expression.
#[derive(Clone, Debug)]
pub(crate) struct Unidentified {
    /// Telling points with the integer's value, the example first.
    pub(crate) seen: Vec<(Vec<i64>, i64)>,
}

/// Finds what the integers of one space are, and keeps what they have in common.
pub(crate) struct Solver {
    domain: Domain,
    points: Vec<Vec<i64>>,
    banks: Banks,
    /// The forms of earlier numbers, by their values at the shared points.
    known: HashMap<Vec<Option<i64>>, Form>,
}

impl Solver {
    pub(crate) fn new(space: &Space) -> Solver {
        let domain = Domain::new(space);
        let points = shared(&domain);
        Solver { domain, points, banks: Banks::default(), known: HashMap::new() }
    }

    /// Replaces the likely parts of the numbers that follow.
    pub(crate) fn set_parts(&mut self, parts: &[Expr]) {
        self.domain.set_parts(parts);
    }

    /// Finds what a number is. `at` gives its value at a point; `None` if the run at this point took another path, or failed
    /// before this number. One run gives all numbers: keep the runs, since every number is asked at the same points.
    pub(crate) fn identify(&mut self, at: &mut dyn FnMut(&[i64]) -> Option<i64>) -> Result<Identified, Unidentified> {
        let values: Vec<Option<i64>> = self.points.iter().map(|point| at(point)).collect();
        let target = Target::new(&self.domain, at, BUDGET);
        for (point, value) in self.points.iter().zip(&values) {
            target.know(point, *value);
        }
        // Numbers that agree at the shared points may still differ elsewhere.
        let known = self.known.get(&values).filter(|form| Judge::new(&target).holds(form)).cloned();
        let form = known.or_else(|| everywhere(&target, &self.points, &mut self.banks, Effort::Full(0)).map(tidied));
        if let Some(form) = form
            && let Ok(expr) = form.write(&self.domain.symbols)
        {
            self.known.insert(values, form);
            return Ok(Identified::Everywhere { expr });
        }
        match piece(&target, &mut self.banks) {
            Some(expr) => Ok(Identified::Piece { expr }),
            None => Err(Unidentified { seen: telling(self.domain.example(), target.samples()) }),
        }
    }
}

/// The expression that the number is around the example.
fn piece(target: &Target<'_>, banks: &mut Banks) -> Option<Expr> {
    target.at(&target.domain.example())?;
    let (seen, values): (Vec<Vec<i64>>, Vec<i64>) = target.samples().into_iter().unzip();
    target.refill(BUDGET * 2);
    let domains = around(target.domain, &relevant(&seen, &values));
    // Polynomials of every box before other expressions of the larger boxes.
    let attempts = domains.iter().map(|d| (d, Effort::Polynomial));
    for (domain, effort) in attempts.chain(domains.iter().take(4).map(|d| (d, Effort::Learned))) {
        let mut inside = |point: &[i64]| target.at(point);
        let inner = Target::new(domain, &mut inside, BUDGET);
        let form = everywhere(&inner, &shared(domain), banks, effort);
        if let Some(expr) = form.and_then(|form| tidied(form).write(&domain.symbols).ok()) {
            return Some(expr);
        }
        if target.exhausted() {
            break;
        }
    }
    None
}

/// The example, and the samples that are closest to it.
fn telling(example: Vec<i64>, mut samples: Vec<(Vec<i64>, i64)>) -> Vec<(Vec<i64>, i64)> {
    let distance = |point: &[i64]| point.iter().zip(&example).map(|(x, e)| (x - e).abs()).max();
    samples.sort_by_key(|(point, _)| distance(point));
    samples.truncate(4);
    samples
}
