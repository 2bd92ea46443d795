//! One integer of a model, asked at points.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::domain::Domain;
use super::form::Form;

/// Runs that one number may ask for, beside the shared ones.
pub(super) const BUDGET: usize = 2000;

/// The number at a point; `None` where the run has none.
type Ask<'n> = dyn FnMut(&[i64]) -> Option<i64> + 'n;

/// One number, with what was seen of it.
pub(super) struct Target<'n> {
    pub(super) domain: &'n Domain,
    ask: RefCell<&'n mut Ask<'n>>,
    seen: RefCell<HashMap<Vec<i64>, Option<i64>>>,
    /// Points which refuted a candidate: the first to be asked of the next one.
    pub(super) refuters: RefCell<Vec<(Vec<i64>, i64)>>,
    left: Cell<usize>,
    exhausted: Cell<bool>,
}

impl<'n> Target<'n> {
    pub(super) fn new(domain: &'n Domain, ask: &'n mut Ask<'n>, budget: usize) -> Target<'n> {
        Target {
            domain,
            ask: RefCell::new(ask),
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
        let value = (self.ask.try_borrow_mut().ok()?)(point);
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

    /// Whether an expression has all values that are known.
    pub(super) fn agrees_with(&self, form: &Form) -> bool {
        self.seen.borrow().iter().all(|(point, value)| value.is_none() || form.at(point) == *value)
    }

    /// All points with a value.
    pub(super) fn samples(&self) -> Vec<(Vec<i64>, i64)> {
        let seen = self.seen.borrow();
        let mut samples: Vec<_> = seen.iter().filter_map(|(p, v)| Some((p.clone(), (*v)?))).collect();
        samples.sort();
        samples
    }
}
