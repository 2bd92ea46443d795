//! One integer of a model, asked at points.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::space::Domain;

/// The integers of a model as functions of the sizes.
pub(crate) trait Numbers {
    /// How many there are.
    fn count(&self) -> usize;

    /// The value of a number at a point. `None` if the run at this point took another path, or failed before this number.
    ///
    /// One run gives all numbers: keep the runs, since the same points are asked for every number.
    fn at(&mut self, number: usize, point: &[i64]) -> Option<i64>;
}

/// One number, with what was seen of it.
pub(super) struct Target<'n> {
    pub(super) domain: &'n Domain,
    numbers: RefCell<&'n mut dyn Numbers>,
    number: usize,
    seen: RefCell<HashMap<Vec<i64>, Option<i64>>>,
    /// Points which refuted a candidate: the first to be asked of the next one.
    pub(super) refuters: RefCell<Vec<(Vec<i64>, i64)>>,
    left: Cell<usize>,
    exhausted: Cell<bool>,
}

impl<'n> Target<'n> {
    pub(super) fn new(domain: &'n Domain, numbers: &'n mut dyn Numbers, number: usize, budget: usize) -> Target<'n> {
        Target {
            domain,
            numbers: RefCell::new(numbers),
            number,
            seen: RefCell::default(),
            refuters: RefCell::default(),
            left: Cell::new(budget),
            exhausted: Cell::new(false),
        }
    }

    /// The value at a point; `None` outside of the space, where the run has none, or once the budget is used up.
    pub(super) fn at(&self, point: &[i64]) -> Option<i64> {
        if let Some(value) = self.seen.borrow().get(point) {
            return *value;
        }
        if !self.domain.contains(point) {
            return None;
        }
        if self.left.get() == 0 {
            self.exhausted.set(true);
            return None;
        }
        self.left.set(self.left.get() - 1);
        let value = self.numbers.try_borrow_mut().ok()?.at(self.number, point);
        self.seen.borrow_mut().insert(point.to_vec(), value);
        value
    }

    /// Records a value that is known from a shared run.
    pub(super) fn know(&self, point: &[i64], value: Option<i64>) {
        self.seen.borrow_mut().insert(point.to_vec(), value);
    }

    /// Whether a question was left without an answer since the budget was used up. Nothing may be accepted then.
    pub(super) fn exhausted(&self) -> bool {
        self.exhausted.get()
    }

    /// Allows further runs, for another attempt.
    pub(super) fn refill(&self, budget: usize) {
        self.left.set(budget);
        self.exhausted.set(false);
    }

    /// All points with a value.
    pub(super) fn samples(&self) -> Vec<(Vec<i64>, i64)> {
        let seen = self.seen.borrow();
        let mut samples: Vec<_> = seen.iter().filter_map(|(p, v)| Some((p.clone(), (*v)?))).collect();
        samples.sort();
        samples
    }
}
