//! One replay of the graph: call by call, its integers are identified from fake runs, and its shape rule gives the sizes of
//! its results and unifies, relates or specialises symbols.

use super::data::{self, Datum};
use super::domain::Domain;
use super::lessons::{LEAST_BITS, Lesson, Lessons};
use super::samples::{Loose, Samples, Version};
use super::{Resolved, ResolvedConstant, ResolvedNumber, rules};
use crate::ExportError;
use crate::dispatch;
use crate::probe::Runs;
use crate::record::{Call, OutputLeaf, ValueId};
use crate::setup::LARGEST_BITS;
use crate::solve::{FloatExpr, Solver};
use program::Value;
use pytree_core::TensorType;
use shapes::SymbolicInputs;
use std::collections::HashMap;
use symbolic::{Expr, Rel, ShapeEnv, SymbolKind, ValueRange};

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
    pub(super) created: Vec<Vec<Expr>>,
    pub(super) data: Vec<Datum>,
    /// What the space was made from: how much was known.
    pub(super) version: Version,
    /// The loose runs, as long as what they have made equal is proven.
    pub(super) loose: Option<Loose>,
    /// The runs at generic points of the space.
    pub(super) samples: Option<Samples>,
    /// Expressions by the values that a number had at the example and at the points.
    pub(super) found: HashMap<Vec<i64>, Expr>,
    pub(super) found_floats: HashMap<Vec<i64>, FloatExpr>,
    /// Finds the integers that are not simple; made when there is one.
    pub(super) solver: Option<Solver>,
    /// The sizes of every tensor so far.
    pub(super) known: HashMap<ValueId, Vec<Expr>>,
    infos: HashMap<ValueId, TensorType>,
    /// Sizes of results that are not a single symbol, which later integers may be made of.
    pub(super) parts: Vec<Expr>,
    /// Every number that is identified, with its expression.
    pub(super) predicted: Vec<(usize, Expr)>,
    pub(super) predicted_floats: Vec<(usize, FloatExpr)>,
    /// What the forward may have divided, and by what.
    pub(super) divided: Vec<(Expr, i64)>,
    pub(super) constants: HashMap<usize, ResolvedConstant>,
    pub(super) arguments: Vec<Arguments>,
    pub(super) results: Vec<Vec<Vec<Expr>>>,
    /// How many guards there were before each call.
    pub(super) guards_before: Vec<usize>,
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
            loose: None,
            samples: None,
            found: HashMap::new(),
            found_floats: HashMap::new(),
            solver: None,
            known: HashMap::new(),
            parts: Vec::new(),
            predicted: Vec::new(),
            divided: Vec::new(),
            predicted_floats: Vec::new(),
            constants: HashMap::new(),
            arguments: Vec::new(),
            results: Vec::new(),
            guards_before: Vec::new(),
        };
        attempt.know_inputs()?;
        Ok(attempt)
    }

    /// The bits of the largest sizes at which runs come to their end. A forward may make a table of the square of a size.
    pub(super) fn bits_that_end(&self) -> u32 {
        let end = |bits: &u32| {
            let mut points = self.domain.generic(1, *bits);
            points.push(self.domain.largest(*bits));
            let given = points.iter().filter_map(|point| self.domain.given(point, &self.runs.example().sizes));
            self.runs.come_to_an_end(&given.collect::<Vec<_>>())
        };
        let free = self.domain.space.variables.iter().any(|variable| !super::domain::is_draw(&variable.symbol));
        match free {
            true => [LARGEST_BITS, 17, 14, 11, 8].into_iter().find(end).unwrap_or(LEAST_BITS),
            false => LARGEST_BITS,
        }
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
        self.loose = Loose::new(runs, self.lessons, &self.inputs, &self.created, &self.data)?;
        for (at, call) in calls.iter().enumerate() {
            self.guards_before.push(self.inputs.env().guards().len());
            self.bound_counts(at)?;
            self.advance(at)?;
            self.solve_constants(Some(at))?;
            let arguments = self.call_arguments(at, call)?;
            let results = self.call_results(at, call, &arguments.0)?;
            let unproven = |loose: &Loose| loose.is_loosened(at) && !self.proves(loose, at, &arguments.0);
            if self.loose.as_ref().is_some_and(unproven) {
                self.tighten();
            }
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
        // Strides are read from runs in which nothing was made equal.
        self.tighten();
        self.advance(calls.len())?;
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

    /// The arguments of a call, with integers as expressions.
    fn call_arguments(&mut self, at: usize, call: &Call) -> Result<Arguments, Halt> {
        let mut floats = HashMap::new();
        let mut solved = Vec::with_capacity(call.args.len());
        for (i, argument) in call.args.iter().enumerate() {
            let range = self.runs.numbers().argument(at, i).to_vec();
            let what = || format!("argument `{}` of `{}`", argument.name, call.op);
            if matches!(argument.value, Value::Float(_) | Value::Floats(_)) {
                for (place, number) in range.iter().copied().enumerate() {
                    if let Some(float) = self.solve_float(number, at, what)? {
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
            let at = call.unwrap_or(runs.example().trace.calls.len());
            let content = if constant.float {
                self.solve_float(number, at, what)?.map(ResolvedNumber::Float)
            } else {
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
        // Nothing proves what was made equal for an op without a rule.
        let unproven = |loose: &Loose| loose.is_loosened(at) || !loose.reach_results(self.runs, at);
        if self.loose.as_ref().is_some_and(unproven) {
            self.tighten();
        }
        if self.loose.is_none() {
            self.sample(|numbers, run| numbers.has_results(run.count(), at))?;
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

    /// The numbers among the outputs.
    fn outputs(&mut self) -> Result<Vec<Option<ResolvedNumber>>, Halt> {
        let calls = self.runs.example().trace.calls.len();
        let mut outputs = Vec::new();
        for (i, leaf) in self.runs.example().outputs.iter().enumerate() {
            let what = || format!("output {i}");
            outputs.push(match (leaf, self.runs.numbers().output(i)) {
                (OutputLeaf::Int(_), Some(number)) => Some(ResolvedNumber::Int(self.solve(number, calls, what)?)),
                (OutputLeaf::Float(_), Some(number)) => {
                    self.solve_float(number, calls, what)?.map(ResolvedNumber::Float)
                }
                _ => None,
            });
        }
        Ok(outputs)
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
                self.samples.iter_mut().for_each(|samples| samples.version = self.version);
            }
        }
        Ok(())
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
