//! The runs that a replay has at each call.

use super::Numbers;
use super::attempt::{Attempt, Halt, is_of_data};
use super::domain::Domain;
use super::samples::{POINTS, Samples};
use crate::ExportError;
use crate::probe::Run;
use std::rc::Rc;
use symbolic::{Rel, ShapeEnv};

impl Attempt<'_, '_> {
    /// Prepares for a call: records the guards that are known before it. Every run from which integers are read must come as
    /// far as the arguments of this call.
    pub(super) fn advance(&mut self, at: usize) -> Result<(), Halt> {
        self.runs.watch().resolved(at, self.runs.example().trace.calls.len());
        for (guard, origin) in self.lessons.guards.get(&at).into_iter().flatten() {
            assume(self.inputs.env_mut(), guard, origin)?;
        }
        match &self.loose {
            Some(loose) if loose.reach(self.runs, at) => return Ok(()),
            Some(_) => self.tighten(),
            None => {}
        }
        self.sample(|numbers, run| numbers.has_arguments(run.count(), at))
    }

    /// Loose runs are not used from here on.
    pub(super) fn tighten(&mut self) {
        self.loose = None;
        self.found.clear();
        self.found_floats.clear();
    }

    /// Makes the space that of what is known now.
    pub(super) fn refresh(&mut self) -> Result<(), ExportError> {
        let env = self.inputs.env();
        let version = (env.guards().len(), env.replacements().len(), env.asserts().len());
        if version != self.version {
            self.version = version;
            self.domain = Domain::of(self.runs.setup(), &self.inputs, &self.created, &self.data)?;
            self.solver = None;
            if self.loose.is_none() {
                self.found.clear();
                self.found_floats.clear();
            }
        }
        Ok(())
    }

    /// Runs the model at generic points of the space that is known now. Every run must come far enough.
    pub(super) fn sample(&mut self, far: impl Fn(&Numbers, &Run) -> bool) -> Result<(), Halt> {
        self.refresh()?;
        if self.samples.as_ref().is_none_or(|samples| samples.version != self.version) {
            // Runs at points of a larger space that are still in the space need not be made again.
            let mut points = Vec::new();
            if let Some(before) = self.samples.take() {
                let symbols =
                    |domain: &Domain| domain.space.variables.iter().map(|v| v.symbol.clone()).collect::<Vec<_>>();
                let same = symbols(&before.domain) == symbols(&self.domain);
                points = before.points;
                points.retain(|point| same && self.domain.allows(point));
            }
            if points.len() < POINTS {
                points.extend(self.domain.generic(POINTS - points.len(), self.lessons.bits));
            }
            self.samples = Some(Samples::at(&self.domain, self.runs, points, self.version));
        }
        let runs = self.samples.iter().flat_map(|samples| &samples.runs);
        let stopped = runs.clone().find(|run| !far(self.runs.numbers(), run)).map(Rc::clone);
        match stopped {
            Some(run) => Err(self.stopped(&run)),
            None => Ok(()),
        }
    }

    /// The fake run at a point; `None` if the point is outside of the space.
    pub(super) fn run_at(&self, point: &[i64]) -> Option<Rc<Run>> {
        let given = self.domain.given(point, &self.runs.example().sizes)?;
        Some(self.runs.fake(&given))
    }
}

/// Records a guard.
fn assume(env: &mut ShapeEnv, guard: &Rel, origin: &str) -> Result<(), ExportError> {
    // As the ops of the forward see sizes: one that is known to equal another is the other. Two equalities of one size would
    // otherwise replace it twice, and the first would be forgotten.
    let guard = &env.replace_rel(guard)?;
    // Only the program can ask for a number that comes out of a tensor.
    if is_of_data(guard, env) {
        env.defer(guard, origin)?;
    } else {
        env.evaluate(guard, origin)?;
    }
    Ok(())
}
