//! A run in little memory.
//!
//! Most of the thousands of numbers of a run are the same few sizes, and which numbers are equal is nearly the same in every
//! run. So a run keeps one value for all numbers that are equal by the pattern, and those that have another value.

use super::runs::{End, Run};
use crate::resolve::Given;
use std::collections::HashMap;
use std::rc::Rc;

/// So many numbers of a run may have another value than the pattern says.
const UNLIKE: usize = 8;

/// Which numbers of a run are equal.
#[derive(Debug, Default)]
pub(super) struct Pattern {
    /// The class of each number. Classes are numbered as they first occur.
    classes: Vec<u32>,
}

impl Pattern {
    /// The pattern by which only those numbers are equal that were equal by this one and are in this run.
    fn refined(&self, numbers: &[i64]) -> Self {
        let mut known: HashMap<(u32, i64), u32> = HashMap::new();
        // All numbers that the pattern does not know are one class of it.
        let classes = self.classes.iter().copied().chain(std::iter::repeat(u32::MAX));
        let classes = classes.zip(numbers).map(|(class, number)| {
            let next = known.len() as u32;
            *known.entry((class, *number)).or_insert(next)
        });
        Pattern { classes: classes.collect() }
    }
}

/// A run in little memory.
#[derive(Debug)]
pub(super) struct Packed {
    given: Given,
    pattern: Rc<Pattern>,
    /// Whether the pattern was made for this run.
    first: bool,
    /// One value for each class, then those of the numbers that the pattern does not know.
    values: Box<[i64]>,
    /// The numbers that have another value than their class, in order.
    others: Box<[(u32, i64)]>,
    count: usize,
    completed: usize,
    end: End,
    loosened: Box<[usize]>,
}

impl Packed {
    /// Packs a run. Where it does not follow the pattern, that becomes finer: after some runs, two numbers are equal by it
    /// only if they have the same expression.
    pub(super) fn new(run: &Run, pattern: &mut Rc<Pattern>) -> Self {
        let (mut values, mut others) = pack(&run.numbers, pattern);
        let unknown = run.count().saturating_sub(pattern.classes.len());
        let first = run.is_same() && unknown + others.len() > UNLIKE;
        if first {
            *pattern = Rc::new(pattern.refined(&run.numbers));
            (values, others) = pack(&run.numbers, pattern);
        }
        Packed {
            given: run.given().clone(),
            pattern: Rc::clone(pattern),
            first,
            values: values.into(),
            others: others.into(),
            count: run.count(),
            completed: run.completed(),
            end: run.end().clone(),
            loosened: run.loosened.as_slice().into(),
        }
    }

    /// The run.
    pub(super) fn unpacked(&self) -> Run {
        let known = self.pattern.classes.iter().take(self.count).map(|class| self.values[*class as usize]);
        let mut numbers: Vec<i64> = known.collect();
        let rest = self.count - numbers.len();
        numbers.extend(&self.values[self.values.len() - rest..]);
        for (number, value) in &self.others {
            numbers[*number as usize] = *value;
        }
        let loosened = self.loosened.to_vec();
        Run { given: self.given.clone(), numbers, completed: self.completed, end: self.end.clone(), loosened }
    }

    /// How many numbers of 8 bytes it takes.
    pub(super) fn count(&self) -> usize {
        let pattern = if self.first { self.pattern.classes.len() / 2 } else { 0 };
        self.values.len() + 2 * self.others.len() + pattern
    }

    /// What it was given.
    pub(super) fn given(&self) -> &Given {
        &self.given
    }

    /// Whether it came to its end on the path of the example.
    pub(super) fn is_same(&self) -> bool {
        self.end == End::Same
    }
}

/// One value for each class and for each number behind the pattern, and the numbers with another value.
fn pack(numbers: &[i64], pattern: &Pattern) -> (Vec<i64>, Vec<(u32, i64)>) {
    let (mut values, mut others): (Vec<i64>, Vec<(u32, i64)>) = (Vec::new(), Vec::new());
    for (number, (value, class)) in numbers.iter().zip(&pattern.classes).enumerate() {
        match values.get(*class as usize) {
            None => values.push(*value),
            Some(known) if known == value => {}
            Some(_) => others.push((number as u32, *value)),
        }
    }
    values.extend(numbers.iter().skip(pattern.classes.len()));
    (values, others)
}
