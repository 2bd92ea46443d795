//! Finds the expression over sizes that every integer of a model is.

mod bank;
mod certify;
pub(crate) mod form;
mod learn;
mod piece;
mod points;
mod polynomial;
mod search;
mod separate;
mod space;
mod target;
#[cfg(test)]
mod tests;
mod tidy;

use std::collections::HashMap;
use std::rc::Rc;

use symbolic::Expr;
use symbolic::arith::gcd;

use bank::{Bank, Constants};
use certify::Judge;
use form::Form;
use learn::learned;
use piece::{Inside, around};
use points::shared;
use polynomial::{polynomial, sparse};
use search::Search;
use separate::separations;
use space::Domain;
use target::Target;
use tidy::tidied;

pub(crate) use space::{SizeVariable, Space};
pub(crate) use target::Numbers;

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

/// Runs that one number may ask for, beside the shared ones.
const BUDGET: usize = 1500;

/// Finds what every number is.
pub(crate) fn identify(space: &Space, numbers: &mut dyn Numbers) -> Vec<Result<Identified, Unidentified>> {
    let domain = Domain::new(space);
    let points = shared(&domain);
    let mut banks = Banks::default();
    let mut classes: HashMap<Vec<Option<i64>>, Result<Identified, Unidentified>> = HashMap::new();
    let mut out = Vec::new();
    for number in 0..numbers.count() {
        let values: Vec<Option<i64>> = points.iter().map(|p| numbers.at(number, p)).collect();
        let found = match classes.get(&values) {
            Some(found) => found.clone(),
            None => {
                let target = Target::new(&domain, numbers, number, BUDGET);
                for (point, value) in points.iter().zip(&values) {
                    target.know(point, *value);
                }
                let found = solve(&target, &points, &mut banks);
                classes.insert(values, found.clone());
                found
            }
        };
        out.push(found);
    }
    out
}

fn solve(target: &Target<'_>, points: &[Vec<i64>], banks: &mut Banks) -> Result<Identified, Unidentified> {
    let symbols = &target.domain.symbols;
    if let Some(expr) =
        everywhere(target, points, banks, Effort::Full(0)).and_then(|form| tidied(form).write(symbols).ok())
    {
        return Ok(Identified::Everywhere { expr });
    }
    let example = target.domain.example();
    let samples = target.samples();
    if target.at(&example).is_some() {
        let (seen, values): (Vec<Vec<i64>>, Vec<i64>) = samples.iter().cloned().unzip();
        target.refill(BUDGET * 2);
        let domains = around(target.domain, &relevant(&seen, &values));
        // Polynomials of every box before other expressions of the larger boxes.
        let attempts = domains.iter().map(|d| (d, Effort::Polynomial));
        for (domain, effort) in attempts.chain(domains.iter().take(4).map(|d| (d, Effort::Learned))) {
            let mut inside = Inside(target);
            let inner = Target::new(domain, &mut inside, 0, BUDGET);
            let form = everywhere(&inner, &shared(domain), banks, effort);
            if let Some(expr) = form.and_then(|form| tidied(form).write(symbols).ok()) {
                return Ok(Identified::Piece { expr });
            }
            if target.exhausted() {
                break;
            }
        }
    }
    Err(Unidentified { seen: telling(example, samples) })
}

/// The example, and the samples that are closest to it.
fn telling(example: Vec<i64>, mut samples: Vec<(Vec<i64>, i64)>) -> Vec<(Vec<i64>, i64)> {
    let distance = |point: &[i64]| point.iter().zip(&example).map(|(x, e)| (x - e).abs()).max();
    samples.sort_by_key(|(point, _)| distance(point));
    samples.truncate(4);
    samples
}

/// What is tried.
#[derive(Clone, Copy)]
enum Effort {
    /// Only polynomials.
    Polynomial,
    /// Also expressions with constants that the number shows.
    Learned,
    /// Everything. The number of separations around the number is limited.
    Full(usize),
}

/// How often a number is separated.
const SEPARATIONS: usize = 3;

/// The expression that holds in the whole space.
fn everywhere(target: &Target<'_>, points: &[Vec<i64>], banks: &mut Banks, effort: Effort) -> Option<Form> {
    let samples: Vec<(Vec<i64>, i64)> = points.iter().filter_map(|p| Some((p.clone(), target.at(p)?))).collect();
    let (points, values): (Vec<Vec<i64>>, Vec<i64>) = samples.into_iter().unzip();
    let first = *values.first()?;
    let judge = Judge::new(target);
    if values.iter().all(|v| *v == first) {
        return Some(Form::Int(first)).filter(|form| judge.holds(form));
    }
    let relevant = relevant(&points, &values);
    let variables: Vec<Form> = relevant.iter().copied().map(Form::Variable).collect();
    let parts = parts(target.domain, &relevant);
    let atoms: Vec<Form> = variables.iter().chain(&parts).cloned().collect();
    // A polynomial of the sizes, then one of a few parts.
    let spare = if target.domain.all().is_some() { 0 } else { 4 };
    let polynomials = [polynomial(&variables, &points, &values, spare), sparse(&atoms, &points, &values)];
    if let Some(form) = polynomials.into_iter().flatten().find(|form| judge.holds(form)) {
        return Some(form);
    }
    if target.exhausted() || matches!(effort, Effort::Polynomial) {
        return None;
    }
    let (scale, rest) = scale(&values);
    let scaled: Vec<i64> = values.iter().map(|v| (v - rest) / scale).collect();
    let search = |bank: &Bank| {
        let search = Search { bank, values: &scaled, scale, rest, target, judge: &judge };
        let found = search.run();
        if found.is_some() || scale == 1 || target.exhausted() {
            return found;
        }
        Search { values: &values, scale: 1, rest: 0, ..search }.run()
    };
    let few: Vec<Form> = atoms.iter().take(variables.len().max(4)).cloned().collect();
    if variables.len() <= 4 {
        let bank = Bank::new(&few, &learned(target, &relevant), points.clone());
        if let Some(form) = search(&bank) {
            return Some(form);
        }
    }
    let Effort::Full(depth) = effort else { return None };
    if depth < SEPARATIONS {
        for mut separation in separations(target, &relevant) {
            let mut forms = Vec::new();
            for (domain, slice) in &mut separation.parts {
                let inner = Target::new(domain, slice, 0, BUDGET);
                forms.extend(everywhere(&inner, &shared(domain), banks, Effort::Full(depth + 1)));
            }
            let Ok(forms) = <[Form; 2]>::try_from(forms) else { continue };
            if let Some(form) = separation.joined(forms).filter(|form| judge.holds(form)) {
                return Some(form);
            }
        }
    }
    if variables.len() <= 3 {
        let bank = banks.get(&variables, &points);
        if let Some(form) = search(&bank) {
            return Some(form);
        }
    }
    None
}

/// The sizes that the number was seen to depend on.
fn relevant(points: &[Vec<i64>], values: &[i64]) -> Vec<usize> {
    let count = points.first().map_or(0, Vec::len);
    let moves = |i: &usize| {
        let mut seen: HashMap<Vec<i64>, i64> = HashMap::new();
        points.iter().zip(values).any(|(point, value)| {
            let mut others = point.clone();
            others.iter_mut().skip(*i).take(1).for_each(|x| *x = 0);
            *seen.entry(others).or_insert(*value) != *value
        })
    };
    (0..count).filter(moves).collect()
}

/// The parts over some sizes. The simple ones come first.
fn parts(domain: &Domain, relevant: &[usize]) -> Vec<Form> {
    let over = |part: &&Form| {
        let mut variables = Vec::new();
        part.variables(&mut variables);
        variables.iter().all(|v| relevant.contains(v))
    };
    let mut parts: Vec<Form> = domain.parts.iter().filter(over).cloned().collect();
    parts.sort_by_key(Form::weight);
    parts.into_iter().take(8).map(|part| Form::Part(Rc::new(part))).collect()
}

/// The greatest number that divides all differences of the values, and their remainder.
fn scale(values: &[i64]) -> (i64, i64) {
    let first = values.first().copied().unwrap_or(0);
    let common = values.iter().fold(0_i128, |common, v| gcd(common, i128::from(*v) - i128::from(first)));
    let scale = i64::try_from(common).unwrap_or(1).max(1);
    (scale, first.rem_euclid(scale))
}

/// Banks with common constants, which numbers over the same sizes share.
#[derive(Default)]
struct Banks(Vec<KnownBank>);

/// The terms and points that a bank was made for, and the bank.
type KnownBank = (Vec<Form>, Vec<Vec<i64>>, Rc<Bank>);

impl Banks {
    fn get(&mut self, atoms: &[Form], points: &[Vec<i64>]) -> Rc<Bank> {
        if let Some((_, _, bank)) = self.0.iter().find(|(a, p, _)| a == atoms && p == points) {
            return Rc::clone(bank);
        }
        // A few, so that the memory is bounded.
        if self.0.len() >= 2 {
            self.0.remove(0);
        }
        let bank = Rc::new(Bank::new(atoms, &Constants::common(atoms.len()), points.to_vec()));
        self.0.push((atoms.to_vec(), points.to_vec(), Rc::clone(&bank)));
        bank
    }
}
