//! A sum of terms with coefficients.

use super::form::{Form, Op};

/// Terms with their coefficients, none of them 0 and no term twice, and a number. Functions give `None` past 64 bits.
#[derive(Clone, Debug, Default)]
pub(super) struct Sum {
    pub(super) terms: Vec<(i64, Form)>,
    pub(super) number: i64,
}

impl Sum {
    /// The terms of a form.
    pub(super) fn of(form: &Form) -> Option<Sum> {
        let mut sum = Sum::default();
        sum.collect(1, form)?;
        Some(sum)
    }

    fn collect(&mut self, times: i64, form: &Form) -> Option<()> {
        match form {
            Form::Int(n) => self.number = self.number.checked_add(times.checked_mul(*n)?)?,
            Form::Binary(Op::Add, x, y) => {
                self.collect(times, x)?;
                self.collect(times, y)?;
            }
            Form::Binary(Op::Sub, x, y) => {
                self.collect(times, x)?;
                self.collect(times.checked_neg()?, y)?;
            }
            Form::Binary(Op::Mul, x, y) => match (&**x, &**y) {
                (Form::Int(n), other) | (other, Form::Int(n)) => self.collect(times.checked_mul(*n)?, other)?,
                // A number in front of several factors.
                (Form::Binary(Op::Mul, n, x), y) if matches!(**n, Form::Int(_)) => {
                    let Form::Int(n) = **n else { return None };
                    self.add(times.checked_mul(n)?, Form::new(Op::Mul, (**x).clone(), y.clone()))?;
                }
                _ => self.add(times, form.clone())?,
            },
            _ => self.add(times, form.clone())?,
        }
        Some(())
    }

    /// Adds `times * term`, where the term is not a sum.
    pub(super) fn add(&mut self, times: i64, term: Form) -> Option<()> {
        if let Form::Int(n) = term {
            self.number = self.number.checked_add(times.checked_mul(n)?)?;
            return Some(());
        }
        match self.terms.iter_mut().find(|(_, own)| *own == term) {
            Some((factor, _)) => *factor = factor.checked_add(times)?,
            None => self.terms.push((times, term)),
        }
        self.terms.retain(|(factor, _)| *factor != 0);
        Some(())
    }

    /// `self + times * other`
    pub(super) fn plus(&self, other: &Sum, times: i64) -> Option<Sum> {
        let mut sum = self.clone();
        sum.number = sum.number.checked_add(other.number.checked_mul(times)?)?;
        for (factor, term) in &other.terms {
            sum.add(factor.checked_mul(times)?, term.clone())?;
        }
        Some(sum)
    }

    /// The sum without one of its terms.
    pub(super) fn without(&self, index: usize) -> Sum {
        let others = self.terms.iter().enumerate().filter(|(i, _)| *i != index);
        Sum { terms: others.map(|(_, term)| term.clone()).collect(), number: self.number }
    }

    /// The sum divided by a number that divides all of it.
    pub(super) fn over(&self, divisor: i64) -> Sum {
        let divisor = divisor.max(1);
        let terms = self.terms.iter().map(|(factor, term)| (factor / divisor, term.clone()));
        Sum { terms: terms.collect(), number: self.number / divisor }
    }

    /// What two sums have in common: terms with the same sign, as often as in both. A number that is the same in both.
    pub(super) fn common(&self, other: &Sum) -> Sum {
        let number = if self.number == other.number { self.number } else { 0 };
        let mut common = Sum { number, ..Sum::default() };
        for (own, term) in &self.terms {
            let Some((theirs, _)) = other.terms.iter().find(|(_, other)| other == term) else { continue };
            if own.signum() == theirs.signum() {
                common
                    .terms
                    .push((if own.unsigned_abs() < theirs.unsigned_abs() { *own } else { *theirs }, term.clone()));
            }
        }
        common
    }

    /// The sum as a form. Positive terms come first.
    pub(super) fn write(&self) -> Form {
        let term = |(factor, term): &(i64, Form)| Form::new(Op::Mul, Form::Int(factor.saturating_abs()), term.clone());
        let (positive, negative): (Vec<_>, Vec<_>) = self.terms.iter().partition(|(factor, _)| *factor > 0);
        let mut positive = positive.into_iter().map(term);
        let first = positive.next();
        let from_number = first.is_none();
        let start = first.unwrap_or(Form::Int(self.number));
        let sum = positive.fold(start, |sum, term| Form::new(Op::Add, sum, term));
        let sum = negative.into_iter().map(term).fold(sum, |sum, term| Form::new(Op::Sub, sum, term));
        if from_number { sum } else { sum.plus(self.number) }
    }
}
