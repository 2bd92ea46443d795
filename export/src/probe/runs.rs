//! The runs of an export: the example with data, and fake runs at any sizes.

use super::heavy::{is_heavy, record_without_data};
use super::inputs::tiled;
use super::layout::strides_like;
use super::made::Made;
use crate::ExportError;
use crate::dispatch::ffi::ends_in_a_copy;
use crate::dispatch::{deep_copy, same_tensor};
use crate::model::{Forward, Leaves};
use crate::model_tensors::ModelTensors;
use crate::progress::Watch;
use crate::record::{
    DataKind, DataNumber, FakeRun, Known, Log, OutputLeaf, Place, Reference, Role, Sample, Stop, ValueId, capture,
    fake_tensor, loose_run,
};
use crate::resolve::{Given, Numbers, Resolved};
use crate::setup::Setup;
use crate::variable::{LeafSizes, Variable};
use indexmap::IndexMap;
use program::Tried;
use pytree_core::{DType, Leaf};
use shapes::{Dim, HintKind};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};
use symbolic::Symbol;

/// A model with its inputs, the run of the example, and the fake runs so far.
pub(crate) struct Runs<'m> {
    model: &'m dyn Forward,
    sets: &'m [Leaves],
    declared: &'m ModelTensors,
    setup: Setup,
    example: &'m Sample,
    reference: &'m Reference<'m>,
    watch: Watch<'m>,
    numbers: Numbers,
    /// Whether the forward runs a backward pass, so that its runs need gradients.
    gradients: bool,
    /// How long the longest run without data took.
    longest: Cell<Duration>,
    example_run: Rc<Run>,
    fakes: RefCell<Made>,
    /// The loose runs, by what their equal run and they themselves are given.
    loose: RefCell<HashMap<(Given, Given), Rc<Run>>>,
}

/// A run without data.
#[derive(Debug)]
pub(crate) struct Run {
    pub(super) given: Given,
    /// The numbers of its calls and, if it came to its end, those of its outputs.
    pub(super) numbers: Vec<i64>,
    /// How many calls it completed.
    pub(super) completed: usize,
    pub(super) end: End,
    /// The calls of a loose run that got other sizes than the forward gave them, in order.
    pub(super) loosened: Vec<usize>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum End {
    /// As the example.
    Same,
    /// It stopped.
    Stopped(Stop),
    /// It returned something else.
    Output { place: String, first: String, second: String },
    /// Its inputs could not be made.
    Inputs { message: String },
}

impl Run {
    #[cfg(test)]
    pub(super) fn with_numbers(given: Given, numbers: Vec<i64>) -> Self {
        Run { given, numbers, completed: 0, end: End::Same, loosened: Vec::new() }
    }

    /// A number of the run, if it came so far.
    pub(crate) fn number(&self, number: usize) -> Option<i64> {
        self.numbers.get(number).copied()
    }

    /// How many numbers it has.
    pub(crate) fn count(&self) -> usize {
        self.numbers.len()
    }

    /// How it ended.
    pub(crate) fn end(&self) -> &End {
        &self.end
    }

    /// Whether it came to its end on the path of the example.
    pub(crate) fn is_same(&self) -> bool {
        self.end == End::Same
    }

    /// How many calls it completed.
    pub(crate) fn completed(&self) -> usize {
        self.completed
    }

    /// Whether a call of a loose run got other sizes than the forward gave it.
    pub(crate) fn is_loosened(&self, call: usize) -> bool {
        self.loosened.binary_search(&call).is_ok()
    }

    /// What it was given.
    pub(crate) fn given(&self) -> &Given {
        &self.given
    }
}

/// Records the run of the first set, which determines the graph: with its data, unless that takes long.
pub(crate) fn record_example(
    model: &dyn Forward,
    sets: &[Leaves],
    declared: &ModelTensors,
    setup: &Setup,
    watch: Watch<'_>,
) -> Result<Sample, ExportError> {
    let Some(first) = sets.first() else { return Err(ExportError::NoInputs) };
    let log = Log { frames: setup.locations, ..Log::default() };
    let light = || capture(model, first, declared, log, setup.verified);
    let record = || match !setup.proof && is_heavy(model, first, declared) {
        true => record_without_data(model, first, declared, log).or_else(|_| light()),
        false => light(),
    };
    watch.run(|| first.shown(), record)
}

impl<'m> Runs<'m> {
    /// A model, and the recorded run of its first set.
    pub(crate) fn new(
        model: &'m dyn Forward,
        sets: &'m [Leaves],
        declared: &'m ModelTensors,
        setup: Setup,
        example: &'m Sample,
        reference: &'m Reference<'m>,
        watch: Watch<'m>,
    ) -> Self {
        let numbers = Numbers::of(example, reference);
        let given =
            Given { sizes: example.sizes.clone(), data: reference.data.iter().map(|data| data.value).collect() };
        let mut all = reference.numbers().to_vec();
        all.extend(output_numbers(&example.outputs));
        let completed = example.trace.calls.len();
        let example_run = Rc::new(Run { given, numbers: all, completed, end: End::Same, loosened: Vec::new() });
        let (fakes, loose) = (RefCell::default(), RefCell::default());
        let gradients = example.trace.has_gradients();
        let longest = Cell::default();
        Runs {
            model,
            sets,
            declared,
            setup,
            example,
            reference,
            watch,
            numbers,
            gradients,
            longest,
            example_run,
            fakes,
            loose,
        }
    }

    /// The inputs and options of the export.
    pub(crate) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Who is told how far the export is.
    pub(crate) fn watch(&self) -> Watch<'m> {
        self.watch
    }

    /// The model.
    pub(crate) fn model(&self) -> &'m dyn Forward {
        self.model
    }

    /// The tensors that the model holds.
    pub(crate) fn declared(&self) -> &'m ModelTensors {
        self.declared
    }

    /// The given sets of inputs.
    pub(crate) fn sets(&self) -> &[Leaves] {
        self.sets
    }

    /// The run of the first set. It is valid by definition and determines the graph.
    pub(crate) fn example(&self) -> &Sample {
        self.example
    }

    /// The numbers of the run of the first set.
    pub(crate) fn example_run(&self) -> &Rc<Run> {
        &self.example_run
    }

    /// Where each number of a run stands.
    pub(crate) fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    /// What a number of a run is; `None` for an output.
    pub(crate) fn place(&self, number: usize) -> Option<Place> {
        self.reference.places.get(number).copied()
    }

    /// The numbers that come out of tensors, in order.
    pub(crate) fn data(&self) -> &[DataNumber] {
        &self.reference.data
    }

    /// The element type of a tensor of the example.
    pub(crate) fn dtype_of(&self, id: ValueId) -> Option<DType> {
        match id {
            ValueId::Known(index) => self.example.trace.declared.get(index).map(|declared| declared.tensor.dtype),
            ValueId::Output { call, index } => self.example.trace.output(call, index).map(|output| output.tensor.dtype),
            ValueId::Lifted(_) | ValueId::Held(_) => None,
        }
    }

    /// Whether a number is a float among the outputs.
    pub(crate) fn is_float_output(&self, number: usize) -> bool {
        let outputs = self.example.outputs.iter().enumerate();
        outputs
            .filter(|(i, _)| self.numbers.output(*i) == Some(number))
            .any(|(_, leaf)| matches!(leaf, OutputLeaf::Float(_)))
    }

    /// The run without data that is given these numbers. Each is made once.
    pub(crate) fn fake(&self, given: &Given) -> Rc<Run> {
        if let Some(known) = self.fakes.borrow().get(given) {
            return Rc::new(known);
        }
        let run = match self.fake_run(given, None) {
            Ok((run, _)) => run,
            Err(error) => not_made(given, &error),
        };
        let run = Rc::new(run);
        self.fakes.borrow_mut().insert(&run);
        run
    }

    /// Whether runs that are given these numbers come to their end. A forward may loop, recurse or allocate by a number, and
    /// what ends the process or never ends must not do so here.
    pub(crate) fn come_to_an_end(&self, given: &[Given]) -> bool {
        /// Of the processor, and the factor by which a run may take longer than the longest one so far.
        const SECONDS: f64 = 4.0;
        const LONGER: f64 = 4.0;
        let known = |given: &&Given| !self.fakes.borrow().contains(given);
        let given: Vec<&Given> = given.iter().filter(known).collect();
        let run = || given.iter().for_each(|given| drop(self.quiet_run(given, None)));
        let expected = self.longest.get().as_secs_f64() * given.len() as f64;
        given.is_empty() || ends_in_a_copy((SECONDS + LONGER * expected).ceil() as u16, run)
    }

    /// Runs without data that are given these numbers, and go on where an op needs sizes to be equal that are equal in the
    /// run that is given `equal`. That run comes first, then one for each of `given`.
    pub(crate) fn loose(&self, equal: &Given, given: &[Given]) -> (Rc<Run>, Vec<Rc<Run>>) {
        let key = |given: &Given| (equal.clone(), given.clone());
        let known = |given: &Given| self.loose.borrow().get(&key(given)).map(Rc::clone);
        if let (Some(equal), Some(all)) =
            (self.fakes.borrow().get(equal), given.iter().map(known).collect::<Option<Vec<_>>>())
        {
            return (Rc::new(equal), all);
        }
        let (equal_run, session) = match self.fake_run(equal, None) {
            Ok((run, session)) => (Rc::new(run), session),
            Err(error) => return (Rc::new(not_made(equal, &error)), Vec::new()),
        };
        self.fakes.borrow_mut().insert(&equal_run);
        let mut runs = Vec::with_capacity(given.len());
        for given in given.iter().filter(|_| !equal_run.is_too_large()) {
            let run = match self.fake_run(given, Some(&session)) {
                Ok((run, _)) => Rc::new(run),
                Err(error) => Rc::new(not_made(given, &error)),
            };
            self.loose.borrow_mut().insert(key(given), Rc::clone(&run));
            runs.push(run);
        }
        (equal_run, runs)
    }

    fn fake_run<'s>(
        &'s self,
        given: &Given,
        equal: Option<&'s FakeRun<'_>>,
    ) -> Result<(Run, FakeRun<'s>), ExportError> {
        let started = Instant::now();
        let run = self.watch.run(|| self.shown_given(given), || self.quiet_run(given, equal));
        self.longest.set(self.longest.get().max(started.elapsed()));
        run
    }

    fn quiet_run<'s>(
        &'s self,
        given: &Given,
        equal: Option<&'s FakeRun<'_>>,
    ) -> Result<(Run, FakeRun<'s>), ExportError> {
        let inputs = self.inputs_without_data(&given.sizes)?;
        let tensors = inputs.tensors();
        let mut known = Known::new();
        for (leaf, tensor) in &tensors {
            known.add(Role::Input(*leaf), tensor);
        }
        self.declared.known(&mut known);
        let forward = self.model.bind(inputs)?;
        // Gradients would double the time, and without them a backward pass would end the process.
        let run = || loose_run(&known, self.reference, &given.data, equal, forward);
        let (output, mut fake) = if self.gradients { run()? } else { tch::no_grad(run)? };
        let mut outputs = Vec::new();
        let end = match (fake.stop.clone(), output) {
            (Some(stop), _) => End::Stopped(stop),
            (None, Some(Ok(output))) => match self.compared_output(&mut fake, output)? {
                Ok(numbers) => {
                    outputs = numbers;
                    End::Same
                }
                Err(end) => end,
            },
            (None, Some(Err(error))) => {
                End::Output { place: "the forward".to_owned(), first: "a result".to_owned(), second: error.to_string() }
            }
            (None, None) => return Err(ExportError::Inputs(tch::TchError::Torch("the run has no result".to_owned()))),
        };
        let mut numbers = std::mem::take(&mut fake.numbers);
        let completed = self.numbers.completed(numbers.len());
        numbers.extend(outputs);
        let loosened = fake.loosened();
        Ok((Run { given: given.clone(), numbers, completed, end, loosened }, fake))
    }

    /// The numbers among the outputs of a fake run, if it returned what the example returned.
    fn compared_output(&self, fake: &mut FakeRun<'_>, output: Leaves) -> Result<Result<Vec<i64>, End>, ExportError> {
        let differs = |place: &str, first: String, second: String| {
            Ok(Err(End::Output { place: place.to_owned(), first, second }))
        };
        let (a, b) = (&self.example.out_spec, &output.spec);
        if a.num_leaves() != b.num_leaves() {
            return differs("the number of results", a.num_leaves().to_string(), b.num_leaves().to_string());
        }
        if a != b {
            return differs("the structure of the result", a.to_string(), b.to_string());
        }
        let mut numbers = Vec::new();
        for (i, (first, leaf)) in self.example.outputs.iter().zip(&output.leaves).enumerate() {
            let same = match (first, leaf) {
                (OutputLeaf::Tensor(ValueId::Held(i)), Leaf::Tensor(tensor)) => match self.example.trace.held.get(*i) {
                    Some(held) => same_tensor(held, tensor)?,
                    None => false,
                },
                (OutputLeaf::Tensor(id), Leaf::Tensor(tensor)) => fake.is_value(tensor, *id)?,
                (OutputLeaf::Int(_), Leaf::Int(v)) => {
                    numbers.push(*v);
                    true
                }
                (OutputLeaf::Float(_), Leaf::Float(v)) => {
                    numbers.push(v.to_bits() as i64);
                    true
                }
                (OutputLeaf::Bool(a), Leaf::Bool(b)) => a == b,
                (OutputLeaf::Str(a), Leaf::Str(b)) => a == b,
                (OutputLeaf::None, Leaf::None) => true,
                _ => false,
            };
            if !same {
                // The content of a tensor without data cannot be shown.
                let found = match leaf {
                    Leaf::Tensor(tensor) => {
                        format!("a tensor of sizes {:?} that no op of the graph made", tensor.size())
                    }
                    plain => format!("{plain:?}"),
                };
                return differs(&format!("output {i}"), format!("{first:?}"), found);
            }
        }
        Ok(Ok(numbers))
    }

    /// Inputs of these sizes that hold no data. They are laid out as those of the first set.
    pub(crate) fn inputs_without_data(&self, sizes: &LeafSizes) -> Result<Leaves, ExportError> {
        self.sets[0].map(
            |leaf, tensor| {
                // Sparse tensors have no strides.
                let known = self.setup.leaves.get(leaf).and_then(|leaf| leaf.value.as_tensor());
                let (known, strides) = known.map_or((&[][..], &[][..]), |known| (&known.sizes, &known.strides));
                let sizes = sizes.leaf(leaf).unwrap_or(known);
                let strides = strides_like(known, strides, sizes);
                Ok(fake_tensor(tensor, sizes, strides.as_deref())?)
            },
            |leaf, v| sizes.get(Variable::InputInt { leaf }).unwrap_or(v),
        )
    }

    /// Inputs of these sizes, tiled from the values of a given set.
    pub(crate) fn inputs_of(&self, sizes: &LeafSizes, set: usize) -> Result<Leaves, ExportError> {
        let values = |leaf: usize| self.sets.get(set).and_then(|set| set.leaves.get(leaf)?.as_ref().tensor());
        self.sets[0].map(
            |leaf, tensor| match (sizes.leaf(leaf), values(leaf).unwrap_or(tensor)) {
                (Some(sizes), values) => tiled(tensor, values, sizes),
                (None, values) => Ok(deep_copy(values)?),
            },
            |leaf, v| sizes.get(Variable::InputInt { leaf }).unwrap_or(v),
        )
    }

    /// Whether these dimensions may become static: there are some, and all of them are AUTO.
    pub(crate) fn may_freeze(&self, dims: &[Variable]) -> bool {
        let auto = |variable: &Variable| match *variable {
            Variable::InputDim { leaf, dim } => {
                self.setup.leaves[leaf].spec.dim(dim).hint().is_some_and(|hint| hint.kind() == HintKind::Auto)
            }
            Variable::InputInt { .. } => false,
        };
        !dims.is_empty() && dims.iter().all(auto)
    }

    /// Makes these dimensions static; returns whether it did.
    pub(crate) fn freeze(&mut self, dims: &[Variable]) -> bool {
        let all = self.may_freeze(dims);
        for variable in dims.iter().filter(|_| all) {
            if let Variable::InputDim { leaf, dim } = *variable {
                self.setup.leaves[leaf].spec.set_dim(dim, Dim::static_());
            }
        }
        all
    }

    /// From now on no size without an end has more bits.
    pub(crate) fn limit_sizes(&mut self, bits: u32) {
        self.setup.largest = 1 << bits;
    }

    /// The smallest and the largest value of each free size in the runs.
    pub(crate) fn tried(&self, resolved: &Resolved) -> Vec<Tried> {
        let mut tried: IndexMap<Symbol, (i64, i64)> = IndexMap::new();
        let fakes = self.fakes.borrow();
        for given in fakes.same().chain([self.example_run.given()]) {
            for (symbol, value) in resolved.domain.read(&given.sizes) {
                let (low, high) = tried.entry(symbol).or_insert((value, value));
                (*low, *high) = (value.min(*low), value.max(*high));
            }
        }
        tried.sort_unstable_by(|a, _, b, _| a.name().cmp(b.name()));
        tried.into_iter().map(|(symbol, (low, high))| Tried { symbol, low, high }).collect()
    }

    /// What a run is given, for messages: `x [5, 6], y [1, 6], 3 out of aten.item.default`.
    pub(crate) fn shown_given(&self, given: &Given) -> String {
        let mut shown = vec![self.shown(&given.sizes)];
        for (number, value) in self.reference.data.iter().zip(&given.data) {
            let value = match number.kind {
                DataKind::Float => f64::from_bits(*value as u64).to_string(),
                _ => value.to_string(),
            };
            let op = self.example.trace.calls.get(number.call).map(|call| call.op.to_string()).unwrap_or_default();
            shown.push(format!("{value} out of {op}"));
        }
        shown.retain(|part| !part.is_empty());
        shown.join(", ")
    }

    /// The sizes of the inputs, for messages: `x [5, 6], y [1, 6]`.
    pub(crate) fn shown(&self, sizes: &LeafSizes) -> String {
        let inputs = self.setup.leaves.iter().zip(sizes.iter());
        let shown = inputs.filter_map(|(leaf, sizes)| Some(format!("{} {:?}", leaf.name, sizes?)));
        shown.collect::<Vec<_>>().join(", ")
    }
}

/// A run whose inputs cannot be made.
fn not_made(given: &Given, error: &ExportError) -> Run {
    let end = End::Inputs { message: error.to_string() };
    Run { given: given.clone(), numbers: Vec::new(), completed: 0, end, loosened: Vec::new() }
}

/// The numbers among the outputs, as bits.
fn output_numbers(outputs: &[OutputLeaf]) -> impl Iterator<Item = i64> {
    outputs.iter().filter_map(|leaf| match leaf {
        OutputLeaf::Int(v) => Some(*v),
        OutputLeaf::Float(v) => Some(v.to_bits() as i64),
        _ => None,
    })
}
