//! Finds the expression over sizes that every integer of a model is.

use std::collections::HashMap;
use std::rc::Rc;

use symbolic::Expr;

use super::bank::{Bank, Constants};
use super::certify::Judge;
use super::form::Form;
use super::points::shared;
use super::polynomial::polynomial;
use super::search::Search;
use super::space::{Domain, Space};
use super::target::{Numbers, Target};

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
    let mut solver = Solver { domain: &domain, points, banks: HashMap::new() };
    let mut classes: HashMap<Vec<Option<i64>>, Result<Identified, Unidentified>> = HashMap::new();
    let mut out = Vec::new();
    for number in 0..numbers.count() {
        let values: Vec<Option<i64>> = solver.points.iter().map(|p| numbers.at(number, p)).collect();
        let found = match classes.get(&values) {
            Some(found) => found.clone(),
            None => {
                let found = solver.solve(numbers, number, &values);
                classes.insert(values, found.clone());
                found
            }
        };
        out.push(found);
    }
    out
}

/// A bank is shared by all numbers over the same atoms that are defined at the same points.
type BankKey = (Vec<Form>, Constants, Vec<bool>);

struct Solver<'d> {
    domain: &'d Domain,
    points: Vec<Vec<i64>>,
    banks: HashMap<BankKey, Rc<Bank>>,
}

impl Solver<'_> {
    fn solve(
        &mut self,
        numbers: &mut dyn Numbers,
        number: usize,
        values: &[Option<i64>],
    ) -> Result<Identified, Unidentified> {
        let target = Target::new(self.domain, numbers, number, BUDGET);
        for (point, value) in self.points.iter().zip(values) {
            target.know(point, *value);
        }
        let form = self.everywhere(&target, values);
        let expr = form.and_then(|form| form.write(&self.domain.symbols).ok());
        match expr {
            Some(expr) => Ok(Identified::Everywhere { expr }),
            None => Err(Unidentified { seen: target.samples().into_iter().take(4).collect() }),
        }
    }

    fn everywhere(&mut self, target: &Target<'_>, values: &[Option<i64>]) -> Option<Form> {
        let defined: Vec<bool> = values.iter().map(Option::is_some).collect();
        let seen: Vec<i64> = values.iter().copied().flatten().collect();
        let points: Vec<Vec<i64>> = self.points.iter().zip(&defined).filter(|p| *p.1).map(|p| p.0.clone()).collect();
        let first = *seen.first()?;
        let judge = Judge::new(target);
        if seen.iter().all(|v| *v == first) {
            return Some(Form::Int(first)).filter(|form| judge.holds(form));
        }
        let variables: Vec<Form> = (0..self.domain.variables.len()).map(Form::Variable).collect();
        if let Some(form) = polynomial(&variables, &points, &seen)
            && judge.holds(&form)
        {
            return Some(form);
        }
        let constants = Constants::common(variables.len());
        let key = (variables.clone(), constants.clone(), defined);
        let bank = self.banks.entry(key).or_insert_with(|| Rc::new(Bank::new(&variables, &constants, points)));
        let bank = Rc::clone(bank);
        Search { bank: &bank, values: &seen, target, judge: &judge }.run()
    }
}
