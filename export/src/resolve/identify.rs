//! Identifies the numbers of a graph: those with a short expression from the runs at generic points, others by a search.

use super::attempt::{Attempt, Halt};
use super::check::Cause;
use super::data::Datum;
use super::samples::Samples;
use super::simple;
use crate::ExportError;
use crate::probe::Run;
use crate::solve::{self, FloatExpr, Floats, Identified, Solver};
use symbolic::{Expr, ExprKind, Function, Symbol};

impl Attempt<'_, '_> {
    /// The runs from which expressions are read.
    fn read(&self) -> Option<&Samples> {
        self.loose.as_ref().map(|loose| &loose.samples).or(self.samples.as_ref())
    }

    /// The values of a number at the example and at the generic points.
    fn seen(&self, number: usize) -> Vec<i64> {
        self.read().map(|samples| samples.seen(number)).unwrap_or_default()
    }

    /// The expression of an integer.
    pub(super) fn solve(&mut self, number: usize, call: usize, what: impl Fn() -> String) -> Result<Expr, Halt> {
        let seen = self.seen(number);
        let hard = self.lessons.hard.get(&number);
        let expr = match (self.found.get(&seen), hard) {
            (Some(known), None) => known.clone(),
            (_, hard) => match self.simple(&seen).filter(|_| hard.is_none()) {
                Some(simple) => simple,
                None => self.identify(|run| run.number(number), call, &seen, what)?,
            },
        };
        if hard.is_none() {
            self.found.insert(seen, expr.clone());
        }
        // Loose runs tell sizes apart that are known to be equal by now.
        let expr = self.inputs.env().replace(&expr)?;
        self.predicted.push((number, expr.clone()));
        self.note_divided(&expr);
        Ok(expr)
    }

    /// Notes what an expression divides. Not `n//8`: sizes are divided by powers of two without an error. `75*n//8` may be
    /// `n / (8.0 / 75.0)`, which has one.
    fn note_divided(&mut self, expr: &Expr) {
        let is_exact = |of: &Expr, by: i64| {
            by.unsigned_abs().is_power_of_two()
                && of.terms().iter().all(|term| term.is_number() || term.as_coeff_mul().0.unsigned_abs() == 1)
        };
        expr.visit(&mut |part| {
            if let ExprKind::Apply(Function::FloorDiv | Function::Mod | Function::PythonMod, args) = part.kind()
                && let [of, by] = args.as_slice()
                && let Some(by) = by.as_int().filter(|by| !is_exact(of, *by))
                && !self.divided.iter().any(|known| *known == (of.clone(), by))
            {
                self.divided.push((of.clone(), by));
            }
        });
    }

    /// A short expression that has these values at the example and at the points.
    fn simple(&self, seen: &[i64]) -> Option<Expr> {
        let samples = self.read()?;
        simple::expression(samples.sizes().chain(self.parts.iter().cloned()), &samples.places, seen)
    }

    /// Identifies an integer with as many runs as it takes.
    fn identify(
        &mut self,
        value: impl Fn(&Run) -> Option<i64>,
        call: usize,
        seen: &[i64],
        what: impl Fn() -> String,
    ) -> Result<Expr, Halt> {
        self.refresh()?;
        let mut solver = self.solver.take().unwrap_or_else(|| Solver::new(&self.domain.space));
        solver.set_parts(&self.parts);
        let found = solver.identify(&mut |point| value(&*self.run_at(point)?));
        self.solver = Some(solver);
        match found {
            Ok(Identified::Everywhere { expr }) => Ok(expr),
            Ok(Identified::Piece { expr }) => {
                let same = |point: &[i64]| {
                    let value = self.run_at(point).and_then(|run| value(&run));
                    let values = self.domain.values(point);
                    value.is_some() && expr.eval(&|symbol| values.get(symbol).copied()).ok() == value
                };
                Err(self.learn_guards(call, Cause::Formula(what()), same, || ExportError::Unsolved {
                    what: what(),
                    seen: format!("{seen:?}"),
                }))
            }
            Err(unidentified) => {
                let seen = unidentified.seen.iter().map(|(point, value)| format!("{value} at {}", self.shown(point)));
                let seen = seen.collect::<Vec<_>>().join(", ");
                Err(ExportError::Unsolved { what: what(), seen }.into())
            }
        }
    }

    /// A point for messages: the sizes of the inputs.
    pub(super) fn shown(&self, point: &[i64]) -> String {
        let given = self.domain.given(point, &self.runs.example().sizes);
        given.map_or_else(|| format!("{point:?}"), |given| self.runs.shown_given(&given))
    }

    /// The expression of a float; `None` for a constant.
    pub(super) fn solve_float(
        &mut self,
        number: usize,
        call: usize,
        what: impl Fn() -> String,
    ) -> Result<Option<FloatExpr>, Halt> {
        let seen = self.seen(number);
        if seen.windows(2).all(|pair| pair[0] == pair[1]) {
            return Ok(None);
        }
        if let Some(known) = self.found_floats.get(&seen).cloned() {
            self.predicted_floats.push((number, known.clone()));
            return Ok(Some(known));
        }
        // Floats are identified by further runs, so the first ones are in the same space.
        let key = seen;
        self.sample(|_, run| run.number(number).is_some())?;
        let Some(samples) = &self.samples else { return Ok(None) };
        let seen = samples.seen(number);
        let space = &self.domain.space;
        let atoms: Vec<Expr> = samples.sizes().chain(self.parts.iter().cloned()).collect();
        let value = |run: &Run| run.number(number).map(|bits| f64::from_bits(bits as u64));
        let example = self.domain.example();
        let points = std::iter::once(&example).chain(&samples.points);
        let samples: Vec<(Vec<i64>, f64)> =
            points.zip(&samples.runs).filter_map(|(point, run)| Some((point.clone(), value(run)?))).collect();
        let at = &mut |point: &[i64]| self.run_at(point).and_then(|run| value(&run));
        let floats: Vec<&Symbol> = self.data.iter().filter_map(Datum::float).collect();
        let known = |symbol: &Symbol, point: &[i64]| {
            self.domain.floats(point).find(|(float, _)| *float == symbol).map(|(_, bits)| bits)
        };
        let found = solve::identify_float(space, &atoms, &Floats { symbols: &floats, value: &known }, &samples, at);
        let float = match found {
            Some(float) => float,
            None => self.solve_whole_float(number, call, &seen, what)?,
        };
        self.found_floats.insert(key, float.clone());
        self.predicted_floats.push((number, float.clone()));
        Ok(Some(float))
    }

    /// The expression of a float that is an integer of another form than floats have: `(n / 2) as f64`.
    fn solve_whole_float(
        &mut self,
        number: usize,
        call: usize,
        seen: &[i64],
        what: impl Fn() -> String,
    ) -> Result<FloatExpr, Halt> {
        let Some(values) = seen.iter().map(|bits| whole(*bits)).collect::<Option<Vec<i64>>>() else {
            let seen: Vec<f64> = seen.iter().map(|bits| f64::from_bits(*bits as u64)).collect();
            return Err(ExportError::Unsolved { what: what(), seen: format!("{seen:?}") }.into());
        };
        let expr = self.identify(|run| run.number(number).and_then(whole), call, &values, what)?;
        let expr = self.inputs.env().replace(&expr)?;
        self.note_divided(&expr);
        Ok(FloatExpr::Int(expr))
    }
}

/// The integer that is given as a float, by its bits. Those that are larger than a float is exact are left out.
fn whole(bits: i64) -> Option<i64> {
    let value = f64::from_bits(bits as u64);
    let whole = value.trunc() == value && value.abs() < 9e15 && !(value == 0.0 && value.is_sign_negative());
    whole.then_some(value as i64)
}
