//! The expression that a number is in a whole space, from cheap searches to expensive ones.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use symbolic::arith::gcd;

use super::bank::{Bank, Banks, Constants};
use super::certify::{Judge, Wording};
use super::domain::Domain;
use super::form::Form;
use super::learn::learned;
use super::points::shared;
use super::polynomial::{polynomial, sparse};
use super::search::Search;
use super::separate::separations;
use super::target::{BUDGET, Target};
use super::tidy::tidied;

/// What is tried.
#[derive(Clone, Copy)]
pub(super) enum Effort {
    /// Only polynomials.
    Polynomial,
    /// Also expressions with constants that the number shows.
    Learned,
    /// Everything. The number of separations around the number is limited.
    Full(usize),
}

/// The large banks compare at so many of the points, which are in random order.
const COMMON: usize = 112;

/// How often a number is separated.
const SEPARATIONS: usize = 3;

/// The expression that holds in the whole space.
pub(super) fn everywhere(target: &Target<'_>, points: &[Vec<i64>], banks: &mut Banks, effort: Effort) -> Option<Form> {
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
        let seen = bank.points.len();
        let (scaled, values) = (scaled.get(..seen).unwrap_or(&scaled), values.get(..seen).unwrap_or(&values));
        let search = Search { bank, values: scaled, scale, rest, target, judge: &judge };
        let found = search.run();
        if found.is_some() || scale == 1 || target.exhausted() {
            return found;
        }
        Search { values, scale: 1, rest: 0, ..search }.run()
    };
    let small = variables.len() <= 2;
    // A contrived expression is kept while a plain one may still be found.
    let contrived: RefCell<Option<Form>> = RefCell::new(None);
    let plain = |form: Form| {
        let form = tidied(form);
        if Wording::of(&form) == Wording::Plain {
            return Some(form);
        }
        contrived.borrow_mut().get_or_insert(form);
        None
    };
    let search = |bank: &Bank| search(bank).and_then(plain);
    let shown = || {
        if variables.len() > 4 {
            return None;
        }
        let few: Vec<Form> = atoms.iter().take(variables.len().max(4)).cloned().collect();
        let constants = learned(target, &relevant);
        if let Some(form) = search(&Bank::new(&few, &constants, points.clone())) {
            return Some(form);
        }
        // Divisors inside of others may not show. With few other constants the bank is still small.
        if matches!(effort, Effort::Full(_)) && variables.len() <= 2 {
            let some = points.get(..COMMON).unwrap_or(&points);
            if let Some(form) = search(&Bank::new(&variables, &constants.with_common_divisors(), some.to_vec())) {
                return Some(form);
            }
        }
        None
    };
    // A number of many sizes is rarely separable, and finding that out costs runs.
    if !(small && matches!(effort, Effort::Full(0)))
        && let Some(form) = shown()
    {
        return Some(form);
    }
    if let Effort::Full(depth) = effort
        && depth < SEPARATIONS
    {
        for mut separation in separations(target, &relevant) {
            let mut forms = Vec::new();
            for (domain, slice) in &mut separation.parts {
                let mut along = |part: &[i64]| slice.at(part);
                let inner = Target::new(domain, &mut along, BUDGET);
                forms.extend(everywhere(&inner, &shared(domain), banks, Effort::Full(depth + 1)));
            }
            let Ok(forms) = <[Form; 2]>::try_from(forms) else { continue };
            if let Some(form) = separation.joined(forms).filter(|form| judge.holds(form)).and_then(plain) {
                return Some(form);
            }
        }
    }
    // Banks without constants are small, and those of the outermost operations follow from the values.
    if small && !matches!(effort, Effort::Full(1..)) && atoms.len() <= 6 {
        let bank = Bank::new(&atoms, &Constants::none(), points.clone());
        if let Some(form) = search(&bank) {
            return Some(form);
        }
    }
    if small
        && matches!(effort, Effort::Full(0))
        && let Some(form) = shown()
    {
        return Some(form);
    }
    if matches!(effort, Effort::Full(_)) && variables.len() <= 3 {
        let bank = banks.get(&variables, points.get(..COMMON).unwrap_or(&points));
        if let Some(form) = search(&bank) {
            return Some(form);
        }
    }
    contrived.into_inner()
}

/// The sizes that the number was seen to depend on.
pub(super) fn relevant(points: &[Vec<i64>], values: &[i64]) -> Vec<usize> {
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
