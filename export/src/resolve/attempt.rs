//! One replay of the graph: call by call, its integers are identified from fake runs, and its shape rule gives the sizes of
//! its results and unifies, relates or specialises symbols.

use super::check::Cause;
use super::data::{self, Datum};
use super::domain::{self, Domain};
use super::lessons::{Lesson, Lessons};
use super::{Resolved, ResolvedCall, ResolvedConstant, ResolvedDatum, ResolvedNumber, layout, rules};
use crate::ExportError;
use crate::dispatch;
use crate::probe::{Run, Runs};
use crate::record::{Call, DataKind, OutputLeaf, ValueId};
use crate::solve::{self, FloatExpr, Floats, Identified, Solver};
use program::Value;
use pytree_core::TensorType;
use shapes::SymbolicInputs;
use std::collections::HashMap;
use std::rc::Rc;
use symbolic::{Expr, Rel, ShapeEnv, Symbol, SymbolKind, ValueRange};

/// How many generic points identify the simple integers.
const POINTS: usize = 8;

/// The arguments of a call with integers as expressions, and the floats among them that follow sizes.
type Arguments = (Vec<Value<ValueId, Expr>>, HashMap<(usize, usize), FloatExpr>);

/// How an attempt ends.
pub(super) enum Outcome {
    Done(Box<Resolved>),
    Learned(Lesson),
}

/// Why an attempt ends before its end.
#[derive(Debug)]
pub(super) enum Halt {
    Learned(Lesson),
    Failed(Box<ExportError>),
}

impl<E: Into<ExportError>> From<E> for Halt {
    fn from(error: E) -> Self {
        Halt::Failed(Box::new(error.into()))
    }
}

/// A replay of the graph with what earlier attempts have learned.
pub(super) struct Attempt<'r, 'm> {
    pub(super) runs: &'r Runs<'m>,
    pub(super) lessons: &'r Lessons,
    pub(super) inputs: SymbolicInputs,
    pub(super) domain: Domain,
    created: Vec<Vec<Expr>>,
    data: Vec<Datum>,
    /// What the space was made from: how much was known.
    version: (usize, usize, usize),
    /// The generic points of the space, with their runs.
    points: Vec<(Vec<i64>, Rc<Run>)>,
    /// Expressions by the values that a number had at the example and at the points.
    found: HashMap<Vec<i64>, Expr>,
    /// Finds the integers that are not simple; made when there is one.
    solver: Option<Solver>,
    /// The sizes of every tensor so far.
    known: HashMap<ValueId, Vec<Expr>>,
    infos: HashMap<ValueId, TensorType>,
    /// Sizes of results that are not a single symbol, which later integers may be made of.
    parts: Vec<Expr>,
    /// Every number that is identified, with its expression.
    pub(super) predicted: Vec<(usize, Expr)>,
    pub(super) predicted_floats: Vec<(usize, FloatExpr)>,
    constants: HashMap<usize, ResolvedConstant>,
    arguments: Vec<Arguments>,
    results: Vec<Vec<Vec<Expr>>>,
}

impl<'r, 'm> Attempt<'r, 'm> {
    pub(super) fn new(runs: &'r Runs<'m>, lessons: &'r Lessons) -> Result<Self, ExportError> {
        let setup = runs.setup();
        let mut inputs = SymbolicInputs::declare(setup.leaves.clone(), &setup.order, setup.naming)?;
        let created = (0..setup.leaves.len()).map(|leaf| inputs.sizes(leaf)).collect::<Result<Vec<_>, _>>()?;
        let mut data = data::declare(runs, inputs.env_mut());
        data::check(runs, &mut data)?;
        let mut attempt = Attempt {
            domain: Domain::of(setup, &inputs, &created, &data)?,
            infos: infos(runs)?,
            runs,
            lessons,
            inputs,
            created,
            data,
            version: (usize::MAX, 0, 0),
            points: Vec::new(),
            found: HashMap::new(),
            solver: None,
            known: HashMap::new(),
            parts: Vec::new(),
            predicted: Vec::new(),
            predicted_floats: Vec::new(),
            constants: HashMap::new(),
            arguments: Vec::new(),
            results: Vec::new(),
        };
        attempt.know_inputs()?;
        Ok(attempt)
    }

    /// Replays the graph, then checks it at many more points.
    pub(super) fn run(mut self) -> Result<Outcome, ExportError> {
        match self.replay() {
            Ok(resolved) => Ok(Outcome::Done(Box::new(resolved))),
            Err(Halt::Learned(lesson)) => Ok(Outcome::Learned(lesson)),
            Err(Halt::Failed(error)) => Err(*error),
        }
    }

    fn replay(&mut self) -> Result<Resolved, Halt> {
        let runs = self.runs;
        let calls = &runs.example().trace.calls;
        for (at, call) in calls.iter().enumerate() {
            self.bound_counts(at)?;
            self.advance(at)?;
            self.solve_constants(Some(at))?;
            let arguments = self.call_arguments(at, call)?;
            let results = self.call_results(at, call, &arguments.0)?;
            for (output, sizes) in call.output_tensors().zip(&results) {
                for size in sizes.iter().filter(|size| size.as_int().is_none() && size.as_symbol().is_none()) {
                    if !self.parts.contains(size) {
                        self.parts.push(size.clone());
                    }
                }
                self.known.insert(output.id, sizes.clone());
            }
            self.arguments.push(arguments);
            self.results.push(results);
        }
        self.advance(calls.len())?;
        self.solve_constants(None)?;
        let outputs = self.outputs()?;
        self.check()?;
        self.finish(outputs)
    }

    /// The inputs, the tensors of the model and the constants have known sizes.
    fn know_inputs(&mut self) -> Result<(), ExportError> {
        let setup = self.runs.setup();
        for (position, leaf) in setup.tensor_leaves.iter().enumerate() {
            self.known.insert(ValueId::Known(position), self.inputs.sizes(*leaf)?);
        }
        for (id, info) in &self.infos {
            if matches!(id, ValueId::Known(i) if *i < setup.tensor_leaves.len()) {
                continue;
            }
            if !matches!(id, ValueId::Output { .. }) {
                self.known.insert(*id, info.sizes.iter().map(|size| Expr::int(*size)).collect());
            }
        }
        Ok(())
    }

    /// Prepares for a call: records the guards that are known before it, and runs the model at generic points of the space.
    /// Every run must come as far as the arguments of this call.
    fn advance(&mut self, at: usize) -> Result<(), Halt> {
        for (guard, origin) in self.lessons.guards.get(&at).into_iter().flatten() {
            let env = self.inputs.env_mut();
            // Only the program can ask for a number that comes out of a tensor.
            if is_of_data(guard, env) {
                env.defer(guard, origin)?;
            } else {
                env.evaluate(guard, origin)?;
            }
        }
        let env = self.inputs.env();
        let version = (env.guards().len(), env.replacements().len(), env.asserts().len());
        if version != self.version {
            self.version = version;
            self.domain = Domain::of(self.runs.setup(), &self.inputs, &self.created, &self.data)?;
            let points = self.domain.generic(POINTS, self.lessons.bits);
            self.points = points.into_iter().filter_map(|point| Some((point.clone(), self.run_at(&point)?))).collect();
            self.found.clear();
            self.solver = None;
        }
        let stopped = self.points.iter().find(|(_, run)| !self.runs.numbers().has_arguments(run.count(), at));
        match stopped.map(|(_, run)| Rc::clone(run)) {
            Some(run) => Err(self.stopped(&run)),
            None => Ok(()),
        }
    }

    /// The fake run at a point; `None` if the point is outside of the space.
    pub(super) fn run_at(&self, point: &[i64]) -> Option<Rc<Run>> {
        let given = self.domain.given(point, &self.runs.example().sizes)?;
        Some(self.runs.fake(&given))
    }

    /// The arguments of a call, with integers as expressions.
    fn call_arguments(&mut self, at: usize, call: &Call) -> Result<Arguments, Halt> {
        let mut floats = HashMap::new();
        let mut solved = Vec::with_capacity(call.args.len());
        for (i, argument) in call.args.iter().enumerate() {
            let range = self.runs.numbers().argument(at, i).to_vec();
            let what = || format!("argument `{}` of `{}`", argument.name, call.op);
            if matches!(argument.value, Value::Float(_) | Value::Floats(_)) {
                for (place, number) in range.iter().copied().enumerate() {
                    if let Some(float) = self.solve_float(number, what)? {
                        floats.insert((i, place), float);
                    }
                }
            }
            let mut numbers = range.into_iter();
            let value = argument.value.clone().try_map_ints(|_| {
                let number = numbers.next().unwrap_or(usize::MAX);
                self.solve(number, at, what)
            })?;
            solved.push(value);
        }
        Ok((solved, floats))
    }

    /// The contents of the constants that a call uses first.
    fn solve_constants(&mut self, call: Option<usize>) -> Result<(), Halt> {
        let runs = self.runs;
        for (number, constant) in runs.numbers().constants().filter(|(_, constant)| constant.call == call) {
            let what = || format!("the content of constant {}", constant.lifted);
            let content = if constant.float {
                self.solve_float(number, what)?.map(ResolvedNumber::Float)
            } else {
                let at = call.unwrap_or(runs.example().trace.calls.len());
                let expr = self.solve(number, at, what)?;
                (expr.as_int().is_none()).then_some(ResolvedNumber::Int(expr))
            };
            if let Some(content) = content {
                self.constants.insert(constant.lifted, ResolvedConstant { content, call });
            }
        }
        Ok(())
    }

    /// The sizes of the tensors that a call returns.
    fn call_results(
        &mut self,
        at: usize,
        call: &Call,
        arguments: &[Value<ValueId, Expr>],
    ) -> Result<Vec<Vec<Expr>>, Halt> {
        let count = call.output_tensors().count();
        if !self.lessons.without_rule.contains(&at) {
            let env = self.inputs.env_mut();
            match rules::sizes(call, arguments, &self.known, &self.infos, env) {
                Ok(Some(sizes)) if sizes.len() == count => {
                    self.rule_agrees(at, &sizes)?;
                    return Ok(sizes);
                }
                Ok(None) => {}
                Ok(Some(_)) | Err(ExportError::Rule(_)) => {
                    return Err(Halt::Learned(Lesson::RuleDiffers { call: at }));
                }
                Err(other) => return Err(other.into()),
            }
        }
        let stopped = self.points.iter().find(|(_, run)| !self.runs.numbers().has_results(run.count(), at));
        if let Some(run) = stopped.map(|(_, run)| Rc::clone(run)) {
            return Err(self.stopped(&run));
        }
        let mut results = Vec::with_capacity(count);
        for result in 0..count {
            let sizes = self.runs.numbers().result(at, result).sizes;
            let sizes = sizes.into_iter().enumerate().map(|(dim, number)| {
                self.solve(number, at, || format!("size {dim} of result {result} of `{}`", call.op))
            });
            results.push(sizes.collect::<Result<Vec<_>, _>>()?);
        }
        Ok(results)
    }

    /// Checks that the sizes that a rule gives are those of the example and of every generic run.
    fn rule_agrees(&mut self, at: usize, sizes: &[Vec<Expr>]) -> Result<(), Halt> {
        let domain = Domain::of(self.runs.setup(), &self.inputs, &self.created, &self.data)?;
        for (result, sizes) in sizes.iter().enumerate() {
            let numbers = self.runs.numbers().result(at, result).sizes;
            if numbers.len() != sizes.len() {
                return Err(Halt::Learned(Lesson::RuleDiffers { call: at }));
            }
            self.predicted.extend(numbers.iter().copied().zip(sizes.iter().cloned()));
            let example = (self.domain.example(), Rc::clone(self.runs.example_run()));
            for (point, run) in self.points.iter().chain([&example]) {
                if !self.runs.numbers().has_results(run.count(), at) || !domain.allows(point) {
                    continue;
                }
                let values = self.domain.values(point);
                for (number, size) in numbers.iter().copied().zip(sizes) {
                    if size.eval(&|symbol| values.get(symbol).copied()).ok() != run.number(number) {
                        return Err(Halt::Learned(Lesson::RuleDiffers { call: at }));
                    }
                }
            }
        }
        Ok(())
    }

    /// The values of a number at the example and at the generic points.
    fn seen(&self, number: usize) -> Vec<i64> {
        let runs = [self.runs.example_run()].into_iter().chain(self.points.iter().map(|(_, run)| run));
        runs.filter_map(|run| run.number(number)).collect()
    }

    /// The expression of an integer.
    fn solve(&mut self, number: usize, call: usize, what: impl Fn() -> String) -> Result<Expr, Halt> {
        let seen = self.seen(number);
        let hard = self.lessons.hard.get(&number);
        let expr = match (self.found.get(&seen), hard) {
            (Some(known), None) => known.clone(),
            (None, None) if self.simple(&seen).is_some() => self.simple(&seen).unwrap_or_else(|| Expr::int(0)),
            _ => self.identify(number, call, &seen, what)?,
        };
        if hard.is_none() {
            self.found.insert(seen, expr.clone());
        }
        self.predicted.push((number, expr.clone()));
        Ok(expr)
    }

    /// A number, a free size, or the size of an earlier result, if it has these values.
    fn simple(&self, seen: &[i64]) -> Option<Expr> {
        let first = *seen.first()?;
        if seen.iter().all(|value| *value == first) {
            return Some(Expr::int(first));
        }
        let places: Vec<Vec<i64>> =
            [self.domain.example()].into_iter().chain(self.points.iter().map(|(point, _)| point.clone())).collect();
        for (i, variable) in self.domain.space.variables.iter().enumerate() {
            if places.iter().zip(seen).all(|(point, value)| point.get(i) == Some(value)) {
                return Some(Expr::symbol(&variable.symbol));
            }
        }
        None
    }

    /// Identifies an integer with as many runs as it takes.
    fn identify(&mut self, number: usize, call: usize, seen: &[i64], what: impl Fn() -> String) -> Result<Expr, Halt> {
        let mut solver = self.solver.take().unwrap_or_else(|| Solver::new(&self.domain.space));
        solver.set_parts(&self.parts);
        let found = solver.identify(&mut |point| self.run_at(point)?.number(number));
        self.solver = Some(solver);
        match found {
            Ok(Identified::Everywhere { expr }) => Ok(expr),
            Ok(Identified::Piece { expr }) => {
                let same = |point: &[i64]| {
                    let value = self.run_at(point).and_then(|run| run.number(number));
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
    fn shown(&self, point: &[i64]) -> String {
        let given = self.domain.given(point, &self.runs.example().sizes);
        given.map_or_else(|| format!("{point:?}"), |given| self.runs.shown_given(&given))
    }

    /// The expression of a float; `None` for a constant.
    fn solve_float(&mut self, number: usize, what: impl Fn() -> String) -> Result<Option<FloatExpr>, Halt> {
        let seen = self.seen(number);
        if seen.windows(2).all(|pair| pair[0] == pair[1]) {
            return Ok(None);
        }
        let space = &self.domain.space;
        let sizes = space.variables.iter().filter(|v| !domain::is_draw(&v.symbol)).map(|v| Expr::symbol(&v.symbol));
        let atoms: Vec<Expr> = sizes.chain(self.parts.iter().cloned()).collect();
        let value = |run: &Run| run.number(number).map(|bits| f64::from_bits(bits as u64));
        let example = (self.domain.example(), Rc::clone(self.runs.example_run()));
        let known = self.points.iter().chain([&example]);
        let samples: Vec<(Vec<i64>, f64)> =
            known.filter_map(|(point, run)| Some((point.clone(), value(run)?))).collect();
        let at = &mut |point: &[i64]| self.run_at(point).and_then(|run| value(&run));
        let floats: Vec<&Symbol> = self.data.iter().filter_map(Datum::float).collect();
        let known = |symbol: &Symbol, point: &[i64]| {
            self.domain.floats(point).find(|(float, _)| *float == symbol).map(|(_, bits)| bits)
        };
        match solve::identify_float(space, &atoms, &Floats { symbols: &floats, value: &known }, &samples, at) {
            Some(float) => {
                self.predicted_floats.push((number, float.clone()));
                Ok(Some(float))
            }
            None => {
                let seen: Vec<f64> = seen.iter().map(|bits| f64::from_bits(*bits as u64)).collect();
                Err(ExportError::Unsolved { what: what(), seen: format!("{seen:?}") }.into())
            }
        }
    }

    /// The numbers among the outputs.
    fn outputs(&mut self) -> Result<Vec<Option<ResolvedNumber>>, Halt> {
        let calls = self.runs.example().trace.calls.len();
        let mut outputs = Vec::new();
        for (i, leaf) in self.runs.example().outputs.iter().enumerate() {
            let what = || format!("output {i}");
            outputs.push(match (leaf, self.runs.numbers().output(i)) {
                (OutputLeaf::Int(_), Some(number)) => Some(ResolvedNumber::Int(self.solve(number, calls, what)?)),
                (OutputLeaf::Float(_), Some(number)) => self.solve_float(number, what)?.map(ResolvedNumber::Float),
                _ => None,
            });
        }
        Ok(outputs)
    }

    /// Imposes the spec, and puts what it says into every expression.
    fn finish(&mut self, outputs: Vec<Option<ResolvedNumber>>) -> Result<Resolved, Halt> {
        let setup = self.runs.setup();
        let solved = self.inputs.clone().finish(setup.tolerance)?;
        let known = |expr: &Expr| solved.env.replace(expr);
        let mut outputs_replaced = Vec::with_capacity(outputs.len());
        for output in outputs {
            outputs_replaced.push(output.map(|output| output.try_map_ints(&mut |e| known(e))).transpose()?);
        }
        let mut constants = HashMap::with_capacity(self.constants.len());
        for (lifted, constant) in std::mem::take(&mut self.constants) {
            let content = constant.content.try_map_ints(&mut |e| known(e))?;
            constants.insert(lifted, ResolvedConstant { content, ..constant });
        }
        let mut calls = Vec::with_capacity(self.arguments.len());
        let arguments = std::mem::take(&mut self.arguments);
        for (at, ((arguments, floats), sizes)) in arguments.into_iter().zip(self.results.clone()).enumerate() {
            let arguments = arguments.into_iter().map(|value| value.try_map_ints(|e| known(&e)));
            let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
            let floats = floats.into_iter().map(|(place, float)| Ok((place, float.try_map_ints(&mut |e| known(e))?)));
            let floats = floats.collect::<Result<HashMap<_, _>, symbolic::EnvError>>()?;
            let mut results = Vec::with_capacity(sizes.len());
            for (i, sizes) in sizes.iter().enumerate() {
                let sizes = sizes.iter().map(known).collect::<Result<Vec<_>, _>>()?;
                let strides = self.strides(at, i, &sizes)?;
                let strides = strides.iter().map(known).collect::<Result<Vec<_>, _>>()?;
                let output = self.runs.example().trace.output(at, i);
                results.extend(output.map(|output| output.resolved(sizes, strides)));
            }
            calls.push(ResolvedCall { arguments, floats, results });
        }
        let data = self.resolved_data()?;
        let inputs = layout::inputs(setup, &solved)?;
        let (created, domain) = (self.created.clone(), self.domain.clone());
        Ok(Resolved { solved, created, calls, inputs, constants, outputs: outputs_replaced, data, domain })
    }

    /// Bounds the numbers of elements that a call selects by all there are, if that is a number, as PyTorch does.
    fn bound_counts(&mut self, at: usize) -> Result<(), Halt> {
        for datum in self.data.iter().filter(|datum| datum.call == at && !datum.repeated) {
            let sizes =
                datum.counted.and_then(|tensor| self.known.get(&tensor)).map(|sizes| sizes.iter().map(Expr::as_int));
            let all: Option<i64> =
                sizes.and_then(|sizes| sizes.collect::<Option<Vec<_>>>()).map(|sizes| sizes.iter().product());
            if let (Some(all), Some(symbol)) = (all, &datum.symbol) {
                self.inputs.env_mut().narrow(symbol, ValueRange::new(Some(0), Some(all)))?;
                self.version = (usize::MAX, 0, 0);
            }
        }
        Ok(())
    }

    /// Where the numbers come out of tensors.
    fn resolved_data(&self) -> Result<Vec<ResolvedDatum>, Halt> {
        let mut resolved = Vec::new();
        for datum in &self.data {
            let Some(symbol) = datum.symbol.as_ref().filter(|_| !datum.repeated) else { continue };
            let sizes = self.results.get(datum.call).into_iter().flatten().enumerate();
            let mut sizes =
                sizes.flat_map(|(result, sizes)| sizes.iter().enumerate().map(move |(dim, s)| (result, dim, s)));
            let size = sizes.find(|(.., size)| size.as_symbol() == Some(symbol)).map(|(result, dim, _)| (result, dim));
            if size.is_none() && datum.kind == DataKind::Count {
                let op = self.runs.example().trace.calls.get(datum.call).map(|call| call.op.to_string());
                let what = format!("a size of a result of `{}`", op.unwrap_or_default());
                return Err(ExportError::Unsolved { what, seen: String::new() }.into());
            }
            resolved.push(ResolvedDatum { symbol: symbol.clone(), call: datum.call, size });
        }
        Ok(resolved)
    }

    /// The strides of a result: products of its sizes if it is dense in every run, else identified.
    fn strides(&mut self, at: usize, result: usize, sizes: &[Expr]) -> Result<Vec<Expr>, Halt> {
        let numbers = self.runs.numbers().result(at, result);
        let example = Rc::clone(self.runs.example_run());
        let seen = [&example].into_iter().chain(self.points.iter().map(|(_, run)| run)).filter_map(|run| {
            let of = |numbers: &[usize]| numbers.iter().map(|n| run.number(*n)).collect::<Option<Vec<i64>>>();
            Some((of(&numbers.sizes)?, of(&numbers.strides)?))
        });
        if let Some(order) = layout::dense(&seen.collect::<Vec<_>>()) {
            return Ok(layout::dense_strides(sizes, &order)?);
        }
        let op = self.runs.example().trace.calls.get(at).map(|call| call.op.to_string()).unwrap_or_default();
        let calls = self.runs.example().trace.calls.len();
        numbers
            .strides
            .into_iter()
            .enumerate()
            .map(|(dim, number)| self.solve(number, calls, || format!("stride {dim} of result {result} of `{op}`")))
            .collect()
    }
}

/// Whether a relation holds a number that comes out of a tensor.
pub(super) fn is_of_data(rel: &Rel, env: &ShapeEnv) -> bool {
    rel.free_symbols().iter().any(|symbol| env.info(symbol).is_some_and(|info| info.kind == SymbolKind::Unbacked))
}

/// The type of every tensor of the example.
fn infos(runs: &Runs<'_>) -> Result<HashMap<ValueId, TensorType>, ExportError> {
    let (setup, sample) = (runs.setup(), runs.example());
    let inputs = setup.leaves.iter().filter_map(|leaf| leaf.value.as_tensor());
    let inputs = inputs.chain(&setup.declared_infos).cloned();
    let mut infos: HashMap<ValueId, TensorType> =
        inputs.enumerate().map(|(i, info)| (ValueId::Known(i), info)).collect();
    for (i, lifted) in sample.trace.lifted.iter().enumerate() {
        infos.insert(ValueId::Lifted(i), dispatch::tensor_type(&lifted.tensor)?);
    }
    for (i, held) in sample.trace.held.iter().enumerate() {
        infos.insert(ValueId::Held(i), dispatch::tensor_type(held)?);
    }
    for output in sample.trace.calls.iter().flat_map(|call| call.output_tensors()) {
        infos.insert(output.id, output.tensor.clone());
    }
    Ok(infos)
}
