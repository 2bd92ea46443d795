//! Compares a program with its model.

mod compare;
mod inputs;
mod run;
mod sizes;

use crate::ExportError;
use crate::model::{Forward, Leaves};
use crate::model_tensors::ModelTensors;
use crate::outcome::Outcome;
use crate::probe::Runs;
use crate::resolve::{Given, Resolved};
use crate::variable::LeafSizes;
use program::{ExportedProgram, InputSizes, NodeValue, Unproven, Vacuous, Verification};
use pytree_core::DType;
use run::{Compared, Sides};
use sizes::{larger, small};

/// How many multiplications the runs may take together that are not needed for every export: some tenths of a second.
const CHEAP: f64 = 1e9;

/// Compares the program with the model on the given sets, and at small sizes that are not among them. `all` compares what takes
/// long as well.
///
/// The recorded run says what the model gives for the first set. Where runs take long, the other sets are left out, and their
/// values are used at the unseen sizes: runs without data have shown that the graph is the same at their own sizes, which the
/// program must accept.
pub(crate) fn verify(
    runs: &Runs<'_>,
    resolved: &Resolved,
    program: &ExportedProgram,
    all: bool,
) -> Result<Verification, ExportError> {
    let given: Vec<LeafSizes> = runs.sets().iter().map(|set| LeafSizes::of(&set.leaves)).collect();
    let mut left = if all { f64::INFINITY } else { CHEAP };
    let mut affords = |sizes: &LeafSizes| {
        let given = Given { sizes: sizes.clone(), data: runs.example_run().given().data.clone() };
        let work = runs.work(&runs.fake(&given));
        let affordable = work <= left;
        left -= if affordable { work } else { 0.0 };
        affordable
    };
    let (now, later): (Vec<usize>, Vec<usize>) = (1..given.len()).partition(|set| affords(&given[*set]));
    let unseen = small(runs, resolved, &given);
    let case = |set: usize| CheckCase {
        shown: runs.shown(&given[set]),
        inputs: runs.sets()[set].shared(),
        may_fail: false,
        may_refuse: false,
    };
    let mut check = Check::new(runs.model(), runs.declared(), program, &runs.shown(&runs.example().sizes))?;
    // At least one run is compared that was not recorded.
    let recorded = runs.example().outcome.as_ref().filter(|_| given.len() + unseen.len() > 1);
    check.compare(&case(0), recorded)?;
    for set in now {
        check.compare(&case(set), None)?;
    }
    for set in &later {
        check.sides.accepts(&case(*set))?;
    }
    let mut compared = unseen_sizes(runs, resolved, &mut check, unseen, &later, affords)?;
    if compared.is_empty() {
        // There are no unseen sizes, or neither model nor program takes their inputs.
        let last = recorded.filter(|_| given.len() == 1).map(|_| 0);
        for set in later.into_iter().chain(last) {
            check.compare(&case(set), None)?;
        }
    }
    let mut verification = check.finish();
    verification.unseen = !compared.is_empty();
    if compared.is_empty() && !program.hints.is_empty() {
        verification.unproven.push(Unproven::Sizes);
    }
    let values = compared.pop().unwrap_or_else(|| runs.example().sizes.clone());
    let names = program.graph.placeholders().map(|(_, node)| node.name.clone());
    let lifted = program.graph.placeholders().count() - values.iter().count();
    let named = names.skip(lifted).zip(values.iter());
    verification.run = named.filter_map(|(name, sizes)| Some(InputSizes { name, sizes: sizes?.to_vec() })).collect();
    verification.tried = runs.tried(resolved);
    Ok(verification)
}

/// Compares the program with the model at these sizes, or where both cannot be compared at any of them, at larger ones than the
/// example's; returns at which. The first has to be compared, others if they are affordable. The values are those of the sets
/// `values`, or of the first one.
fn unseen_sizes(
    runs: &Runs<'_>,
    resolved: &Resolved,
    check: &mut Check<'_>,
    unseen: Vec<LeafSizes>,
    values: &[usize],
    mut affords: impl FnMut(&LeafSizes) -> bool,
) -> Result<Vec<LeafSizes>, ExportError> {
    // What comes out of the tensors there may be outside of the model's range, so that the program refuses them.
    let may_refuse = !resolved.data.is_empty();
    let mut compare = |sizes: &LeafSizes, set: usize| {
        let inputs = runs.inputs_of(sizes, set)?;
        check.compare(&CheckCase { shown: runs.shown(sizes), inputs, may_fail: true, may_refuse }, None)
    };
    let mut compared: Vec<LeafSizes> = Vec::new();
    for sizes in unseen {
        let set = values.get(compared.len() % values.len().max(1)).copied().unwrap_or_default();
        if (compared.is_empty() || affords(&sizes)) && compare(&sizes, set)? {
            compared.push(sizes);
        }
    }
    // An input may have positions in another one, which are outside of it where that is smaller.
    for sizes in larger(runs, resolved) {
        if compared.is_empty() && compare(&sizes, 0)? {
            compared.push(sizes);
        }
    }
    Ok(compared)
}

/// Inputs at which a program is compared with its model.
pub(crate) struct CheckCase {
    /// Their sizes, for messages.
    pub(crate) shown: String,
    pub(crate) inputs: Leaves,
    /// Whether the model may fail.
    pub(crate) may_fail: bool,
    /// Whether the program may refuse them.
    pub(crate) may_refuse: bool,
}

/// Compares the program with the model on each of these inputs.
pub(crate) fn check(
    model: &dyn Forward,
    declared: &ModelTensors,
    program: &ExportedProgram,
    cases: &[CheckCase],
) -> Result<Verification, ExportError> {
    let shown = cases.first().map(|case| case.shown.as_str()).unwrap_or_default();
    let mut check = Check::new(model, declared, program, shown)?;
    for case in cases {
        check.compare(case, None)?;
    }
    Ok(check.finish())
}

/// The comparisons of a program with its model so far: what both return, and what they write to inputs and buffers.
struct Check<'a> {
    sides: Sides<'a>,
    verification: Verification,
    seen: Seen,
}

impl<'a> Check<'a> {
    fn new(
        model: &'a dyn Forward,
        declared: &'a ModelTensors,
        program: &'a ExportedProgram,
        shown: &str,
    ) -> Result<Self, ExportError> {
        let sides = Sides::new(model, declared, program, shown, tolerance(program))?;
        Ok(Check { sides, verification: Verification::default(), seen: Seen::default() })
    }

    /// Compares both on these inputs; returns whether they could be compared. If what the model did with the inputs is known,
    /// it does not run. Where the values of the inputs say little, both also run on other values.
    fn compare(&mut self, case: &CheckCase, known: Option<&Outcome>) -> Result<bool, ExportError> {
        let given = self.sides.compare(case, known)?;
        let Some(given) = given else { return Ok(false) };
        let little = inputs::say_little(&case.inputs) || given.vacuous.iter().any(Option::is_some);
        self.seen.add(&given, &mut self.verification);
        if little {
            // The model may reject other values, and the program may refuse them.
            let inputs = inputs::varied(&case.inputs)?;
            let varied = CheckCase { shown: case.shown.clone(), inputs, may_fail: true, may_refuse: true };
            if let Some(varied) = self.sides.compare(&varied, None)? {
                self.seen.add(&varied, &mut self.verification);
            }
        }
        Ok(true)
    }

    fn finish(mut self) -> Verification {
        self.verification.unproven.extend(self.seen.unproven());
        self.verification
    }
}

/// What the comparisons say about each output.
#[derive(Default)]
struct Seen {
    outputs: Vec<Option<Vacuous>>,
    written: bool,
    values_compared: bool,
}

impl Seen {
    fn add(&mut self, compared: &Compared, verification: &mut Verification) {
        verification.random |= compared.random;
        verification.max_difference = verification.max_difference.max(compared.difference);
        self.written |= compared.written;
        if !compared.values {
            return;
        }
        self.values_compared = true;
        if self.outputs.is_empty() {
            self.outputs.clone_from(&compared.vacuous);
        }
        for (seen, now) in self.outputs.iter_mut().zip(&compared.vacuous) {
            if now.is_none() {
                *seen = None;
            }
        }
    }

    fn unproven(self) -> Vec<Unproven> {
        if !self.values_compared {
            return vec![Unproven::Random];
        }
        if self.outputs.is_empty() && !self.written {
            return vec![Unproven::Nothing];
        }
        let value =
            |(i, why): (usize, Option<Vacuous>)| why.map(|why| Unproven::Value { what: format!("output {i}"), why });
        self.outputs.into_iter().enumerate().filter_map(value).collect()
    }
}

/// How much floats may differ, relative to the largest: kernels may sum in another order. That is a few units in the last
/// place of the least precise float type in the program.
fn tolerance(program: &ExportedProgram) -> f64 {
    let of = |dtype: DType| match dtype {
        DType::Float64 | DType::Complex128 => 1e-10,
        DType::Float32 | DType::Complex64 => 1e-5,
        DType::Float16 | DType::Complex32 => 4e-3,
        DType::BFloat16 => 3e-2,
        DType::Float8E4M3Fn | DType::Float8E4M3Fnuz => 0.13,
        DType::Float8E5M2 | DType::Float8E5M2Fnuz => 0.26,
        DType::QInt8 | DType::QUInt8 | DType::QInt32 => 1e-5,
        _ => 0.0,
    };
    let types = program.graph.nodes.iter().filter_map(|node| match &node.value {
        NodeValue::Tensor(tensor) => Some(of(tensor.dtype)),
        _ => None,
    });
    types.fold(1e-12, f64::max)
}
