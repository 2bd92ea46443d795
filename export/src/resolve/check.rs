//! Runs at many more points, which must agree with everything that is resolved.

use super::attempt::{Attempt, Halt, is_of_data};
use super::data;
use super::lessons::{LEAST_BITS, Lesson};
use crate::ExportError;
use crate::probe::{End, Run};
use crate::record::Stop;
use crate::solve;
use crate::variable::Variable;
use std::collections::HashMap;
use symbolic::{Expr, Rel, Symbol};

/// How many points of all magnitudes are tried.
const SCATTERED: usize = 40;

/// So often a number gets another expression, and so often after it was contradicted at the same point.
const MOST_WITNESSES: usize = 24;
const MOST_AGAIN: usize = 2;

/// So many values of a number are shown.
const SHOWN_WITNESSES: usize = 4;

/// So many divisions are tried where they have no rest.
const DIVISIONS: usize = 8;

/// How many runs may be spent on one change of path.
const GUARD_RUNS: usize = 3000;

/// Why guards are needed.
pub(super) enum Cause {
    /// The op fails elsewhere.
    Op(String),
    /// The forward takes another path elsewhere.
    Path,
    /// The number follows another formula elsewhere.
    Formula(String),
}

impl Cause {
    fn origin(&self) -> String {
        match self {
            Cause::Op(op) => op.clone(),
            Cause::Path => "the forward".to_owned(),
            Cause::Formula(what) => what.clone(),
        }
    }
}

impl Attempt<'_, '_> {
    /// Checks every number at the points of a sweep and at points of all magnitudes.
    pub(super) fn check(&self) -> Result<(), Halt> {
        let mut points = self.domain.sweep(self.lessons.bits);
        points.extend(self.domain.scattered(SCATTERED, self.lessons.bits, 0x7363_6174));
        points.extend(self.divided.iter().take(DIVISIONS).flat_map(|(of, by)| self.domain.multiples(of, *by)));
        // Most numbers have the same few expressions, so each expression is computed once at a point.
        let mut index: HashMap<&Expr, usize> = HashMap::new();
        let mut exprs: Vec<&Expr> = Vec::new();
        let mut numbers: Vec<(usize, usize)> = Vec::with_capacity(self.predicted.len());
        for (number, expr) in &self.predicted {
            let at = *index.entry(expr).or_insert_with(|| {
                exprs.push(expr);
                exprs.len() - 1
            });
            numbers.push((*number, at));
        }
        for point in points {
            let Some(run) = self.run_at(&point) else { continue };
            if !run.is_same() {
                return Err(self.stopped(&run));
            }
            let values = self.domain.values(&point);
            let expected: Vec<Option<i64>> =
                exprs.iter().map(|expr| expr.eval(&|symbol| values.get(symbol).copied()).ok()).collect();
            for (number, at) in &numbers {
                if run.number(*number) != expected[*at] {
                    return Err(self.contradicted(*number, point));
                }
            }
            for (number, float) in &self.predicted_floats {
                let expected = float.eval(&|symbol| values.get(symbol).copied()).map(|float| float.to_bits() as i64);
                if expected != run.number(*number) {
                    return Err(self.contradicted(*number, point));
                }
            }
        }
        Ok(())
    }

    /// What a run teaches that contradicts the expression of a number.
    fn contradicted(&self, number: usize, point: Vec<i64>) -> Halt {
        if let Some(call) = self.runs.numbers().result_of(number)
            && !self.lessons.without_rule.contains(&call)
        {
            return Halt::Learned(Lesson::RuleDiffers { call });
        }
        let witnesses = self.lessons.hard.get(&number).map(Vec::as_slice).unwrap_or_default();
        let again = witnesses.iter().filter(|known| **known == point).count();
        if again >= MOST_AGAIN || witnesses.len() >= MOST_WITNESSES {
            return self.formless(number, witnesses.iter().chain([&point])).into();
        }
        Halt::Learned(Lesson::Hard { number, witness: point })
    }

    /// The error of a number whose expressions are all contradicted at some of these points.
    fn formless<'p>(&self, number: usize, witnesses: impl Iterator<Item = &'p Vec<i64>>) -> ExportError {
        let float = self.predicted_floats.iter().any(|(known, _)| *known == number);
        let mut seen: Vec<String> = Vec::new();
        for point in witnesses {
            let Some(value) = self.run_at(point).and_then(|run| run.number(number)) else { continue };
            let value = if float { f64::from_bits(value as u64).to_string() } else { value.to_string() };
            let text = format!("{value} at {}", self.shown(point));
            if seen.len() < SHOWN_WITNESSES && !seen.contains(&text) {
                seen.push(text);
            }
        }
        ExportError::Unsolved { what: self.runs.what_is(number), seen: seen.join(", ") }
    }

    /// What a run teaches that did not come to its end.
    pub(super) fn stopped(&self, run: &Run) -> Halt {
        if run.is_too_large() && self.lessons.bits > LEAST_BITS {
            return Halt::Learned(Lesson::TooLarge { bits: self.lessons.bits - 2 });
        }
        let failed = || self.runs.end_error(run);
        if !run.follows_sizes() {
            return failed().into();
        }
        let call = run.completed();
        let same = |point: &[i64]| self.run_at(point).is_some_and(|run| run.is_same() || run.completed() > call);
        let cause = match run.end() {
            End::Stopped(Stop::Failed { op, .. }) => Cause::Op(op.to_string()),
            _ => Cause::Path,
        };
        self.learn_guards(call, cause, same, failed)
    }

    /// The guards under which `same` holds, as a lesson. If they cannot be found, dimensions that may become static do;
    /// otherwise it is an error.
    pub(super) fn learn_guards(
        &self,
        call: usize,
        cause: Cause,
        mut same: impl FnMut(&[i64]) -> bool,
        failed: impl Fn() -> ExportError,
    ) -> Halt {
        let variables = &self.domain.space.variables;
        let learned = |guards: &[Rel]| {
            let known = self.lessons.guards.get(&call);
            let new = |guard| known.is_none_or(|known| !known.iter().any(|(rel, _)| rel == guard));
            if guards.is_empty() || !guards.iter().all(new) {
                return None;
            }
            Some(match guards.iter().find(|guard| self.is_no_guard(guard, &cause)) {
                Some(guard) => self.depends(guard).into(),
                None => Halt::Learned(Lesson::Guards { call, guards: guards.to_vec(), origin: cause.origin() }),
            })
        };
        if let Some(halt) = self.least_of_data(&mut same).and_then(|guards| learned(&guards)) {
            return halt;
        }
        // Sizes out of tensors are first taken to be neither 0 nor 1, as PyTorch does: it then need not ask whether one is
        // broadcast to another. What the smaller ones do is learned next.
        for space in self.domain.without_broadcasts().iter().chain([&self.domain.space]) {
            let Ok(guards) = solve::guards(space, &mut same, GUARD_RUNS) else { continue };
            if let Some(halt) = learned(&guards) {
                return halt;
            }
        }
        // A dimension that cannot move alone becomes static if the caller left that open.
        let example = self.domain.example();
        let moved = |i: usize, by: i64| {
            let mut point = example.clone();
            point[i] = variables[i].near(example[i].saturating_add(by * variables[i].step));
            point
        };
        let mut stuck: Vec<usize> = Vec::new();
        for i in 0..variables.len() {
            if [1, 3, 40, 1009].iter().any(|by| {
                let point = moved(i, *by);
                self.domain.allows(&point) && !same(&point)
            }) {
                stuck.push(i);
            }
        }
        if stuck.iter().any(|variable| self.domain.datum(&variables[*variable].symbol).is_some()) {
            return failed().into();
        }
        let dims: Vec<Variable> = stuck.iter().flat_map(|i| self.dims_of(*i)).collect();
        if self.runs.may_freeze(&dims) {
            return Halt::Learned(Lesson::Fixed { dims });
        }
        failed().into()
    }

    /// Whether a program cannot check a relation: a path that depends on a number out of a tensor is another program, and
    /// floats have no relations.
    fn is_no_guard(&self, guard: &Rel, cause: &Cause) -> bool {
        let env = self.inputs.env();
        let of_float = |symbol: &Symbol| env.info(symbol).is_none() && self.domain.datum(symbol).is_some();
        guard.free_symbols().iter().any(of_float) || matches!(cause, Cause::Path) && is_of_data(guard, env)
    }

    /// The error of a path that is only taken where a relation of numbers out of tensors holds.
    fn depends(&self, guard: &Rel) -> ExportError {
        let data = guard.free_symbols();
        let datum = data.iter().find_map(|symbol| self.domain.datum(symbol));
        let change = format!("the forward takes this path only where `{guard}`");
        match datum {
            Some(datum) => data::depends(self.runs, datum, change),
            None => ExportError::DataDependent { op: None, change, line: None },
        }
    }

    /// The input dimensions whose size depends on a variable.
    fn dims_of(&self, variable: usize) -> Vec<Variable> {
        self.domain.dims_of(variable, self.runs.setup())
    }
}
