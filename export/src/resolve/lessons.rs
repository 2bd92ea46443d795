//! What runs have shown that contradicts an attempt, so that the next attempt knows it from the start.

use crate::ExportError;
use crate::probe::Runs;
use crate::setup::LARGEST_BITS;
use crate::variable::Variable;
use std::collections::{HashMap, HashSet};
use symbolic::Rel;

/// Sizes of so many bits are never too large.
pub(super) const LEAST_BITS: u32 = 6;

/// One thing that an attempt did not know.
#[derive(Clone, Debug)]
pub(crate) enum Lesson {
    /// The forward takes the path of the example only where these hold. They are recorded before this call.
    Guards { call: usize, guards: Vec<Rel>, origin: String },
    /// The simple expression of a number is wrong somewhere.
    Hard { number: usize, witness: Vec<i64> },
    /// The shape rule of a call disagrees with a run.
    RuleDiffers { call: usize },
    /// Sizes of so many bits are too large for the model.
    TooLarge { bits: u32 },
    /// The forward does not work at other sizes of these dimensions.
    Fixed { dims: Vec<Variable> },
}

/// All lessons so far.
#[derive(Debug)]
pub(crate) struct Lessons {
    pub(super) guards: HashMap<usize, Vec<(Rel, String)>>,
    pub(super) hard: HashMap<usize, Vec<Vec<i64>>>,
    pub(super) without_rule: HashSet<usize>,
    pub(super) bits: u32,
}

impl Default for Lessons {
    fn default() -> Self {
        Lessons { guards: HashMap::new(), hard: HashMap::new(), without_rule: HashSet::new(), bits: LARGEST_BITS }
    }
}

impl Lessons {
    /// All guards, in the order of their calls, with their origins.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &(Rel, String)> {
        let mut calls: Vec<&usize> = self.guards.keys().collect();
        calls.sort_unstable();
        calls.into_iter().filter_map(|call| self.guards.get(call)).flatten()
    }

    /// Adds a lesson.
    pub(super) fn learn(&mut self, runs: &mut Runs<'_>, lesson: Lesson) -> Result<(), ExportError> {
        match lesson {
            Lesson::Guards { call, guards, origin } => {
                let known = self.guards.entry(call).or_default();
                known.extend(guards.into_iter().map(|guard| (guard, origin.clone())));
            }
            Lesson::Hard { number, witness } => self.hard.entry(number).or_default().push(witness),
            Lesson::RuleDiffers { call } => {
                self.without_rule.insert(call);
            }
            Lesson::TooLarge { bits } => self.bits = bits,
            Lesson::Fixed { dims } => {
                // What was learned is in terms of sizes that are now numbers.
                if runs.freeze(&dims) {
                    *self = Lessons { bits: self.bits, ..Lessons::default() };
                }
            }
        }
        Ok(())
    }
}
