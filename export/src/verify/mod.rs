//! Compares a program with its model.

mod calls;
mod compare;
mod inputs;
mod run;
mod sizes;

use crate::ExportError;
use crate::model::{Forward, Leaves};
use crate::model_tensors::ModelTensors;
use crate::outcome::Outcome;
use crate::probe::{LONG, Runs, without_data};
use crate::record::{Calls, says_all};
use crate::resolve::{Given, Resolved};
use crate::run::RunProgram;
use crate::variable::LeafSizes;
use program::{ExportedProgram, InputSizes, NodeValue, Unproven, Vacuous, Verification};
use pytree_core::DType;
use run::{Compared, Sides, failed};
use sizes::{larger, small};

/// Compares the program with the model on the given sets, and at small sizes that are not among them.
///
/// The recorded run says what the model gives for the first set. Where runs take long, both run without data, and their calls
/// are compared. Where these cannot be compared, only the first set and one unseen size are, on the values of the other sets,
/// which the program must accept.
pub(crate) fn verify(
    runs: &Runs<'_>,
    resolved: &Resolved,
    program: &ExportedProgram,
) -> Result<Verification, ExportError> {
    let given: Vec<LeafSizes> = runs.sets().iter().map(|set| LeafSizes::of(&set.leaves)).collect();
    let unseen = small(runs, resolved, &given);
    let shown = runs.shown(&runs.example().sizes);
    let check = Check::new(runs.model(), runs.declared(), program, &shown)?;
    let budget = Budget { runs, left: if runs.setup().proof { f64::INFINITY } else { LONG } };
    let mut comparison = Comparison { runs, resolved, check, budget, values: Vec::new(), left_out: Vec::new() };
    // At least one run is compared that was not recorded.
    let recorded = runs.example().outcome.as_ref().filter(|_| given.len() + unseen.len() > 1);
    let first = comparison.first_set(recorded)?;
    for (set, sizes) in given.iter().enumerate().skip(1) {
        comparison.other_set(set, sizes)?;
    }
    let mut compared = comparison.unseen_sizes(unseen)?;
    if compared.is_empty() {
        // There are no unseen sizes, or neither model nor program takes their inputs.
        let again = recorded.is_some() && given.len() == 1 && first == How::OnValues;
        comparison.left_out(again)?;
    }
    let mut verification = comparison.check.finish();
    verification.unseen = !compared.is_empty();
    if compared.is_empty() && !program.hints.is_empty() {
        verification.unproven.push(Unproven::Sizes);
    }
    let (values, how) = compared.pop().unwrap_or_else(|| (runs.example().sizes.clone(), first));
    verification.by_calls = how == How::ByCalls;
    let names = program.graph.placeholders().map(|(_, node)| node.name.clone());
    let lifted = program.graph.placeholders().count() - values.iter().count();
    let named = names.skip(lifted).zip(values.iter());
    verification.run = named.filter_map(|(name, sizes)| Some(InputSizes { name, sizes: sizes?.to_vec() })).collect();
    verification.tried = runs.tried(resolved);
    Ok(verification)
}

/// The multiplications that are left for runs with data.
struct Budget<'r> {
    runs: &'r Runs<'r>,
    left: f64,
}

impl Budget<'_> {
    /// Whether a run at these sizes is affordable by itself.
    fn allows(&self, sizes: &LeafSizes) -> Option<f64> {
        let given = Given { sizes: sizes.clone(), data: self.runs.example_run().given().data.clone() };
        let work = self.runs.work(&self.runs.fake(&given));
        (work <= self.left).then_some(work)
    }

    /// The same, and takes it out of the budget.
    fn spend(&mut self, sizes: &LeafSizes) -> bool {
        let work = self.allows(sizes);
        self.left -= work.unwrap_or(0.0);
        work.is_some()
    }
}

/// How two runs were compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    OnValues,
    ByCalls,
}

/// The comparison at the end of an export.
struct Comparison<'r> {
    runs: &'r Runs<'r>,
    resolved: &'r Resolved,
    check: Check<'r>,
    budget: Budget<'r>,
    /// The sets that were not compared on their values.
    values: Vec<usize>,
    /// Those of them that were not compared by calls either.
    left_out: Vec<usize>,
}

impl Comparison<'_> {
    fn case(&self, set: usize) -> CheckCase {
        let inputs = self.runs.sets()[set].shared();
        let shown = self.runs.shown(&LeafSizes::of(&inputs.leaves));
        CheckCase { shown, inputs, may_fail: false, may_refuse: false }
    }

    /// Compares the calls of both on inputs without data.
    fn by_calls(&mut self, inputs: impl Fn() -> Result<Leaves, ExportError>) -> Calls {
        let (runs, example) = (self.runs, self.runs.example());
        // Runs that say nothing are not made: they could leave a gradient or a tensor without data in the model.
        if !says_all(example) {
            return Calls::Unsaid;
        }
        let (model, program) = ((runs.model(), runs.declared()), self.check.sides.module());
        let shown = || inputs().map(|inputs| inputs.shown()).unwrap_or_default();
        let said = runs.watch().run(shown, || calls::compare(model, program, &inputs));
        if said == Calls::Same {
            self.check.same_calls(example.outputs.len());
        }
        said
    }

    fn first_set(&mut self, recorded: Option<&Outcome>) -> Result<How, ExportError> {
        let runs = self.runs;
        if self.budget.allows(&runs.example().sizes).is_none()
            && self.by_calls(|| without_data(&runs.sets()[0])) == Calls::Same
        {
            return Ok(How::ByCalls);
        }
        self.check.compare(&self.case(0), recorded)?;
        Ok(How::OnValues)
    }

    fn other_set(&mut self, set: usize, sizes: &LeafSizes) -> Result<(), ExportError> {
        let runs = self.runs;
        if self.budget.spend(sizes) {
            self.check.compare(&self.case(set), None)?;
            return Ok(());
        }
        self.check.sides.accepts(&self.case(set))?;
        match self.by_calls(|| without_data(&runs.sets()[set])) {
            Calls::Same => self.values.push(set),
            // However long that takes: other calls may give other results.
            Calls::Other => drop(self.check.compare(&self.case(set), None)?),
            Calls::Unsaid => {
                self.values.push(set);
                self.left_out.push(set);
            }
        }
        Ok(())
    }

    /// Compares both at these sizes, or where they cannot be compared at any of them, at larger ones than the example's; returns
    /// at which, and how. The first has to be compared, others if that is affordable.
    fn unseen_sizes(&mut self, unseen: Vec<LeafSizes>) -> Result<Vec<(LeafSizes, How)>, ExportError> {
        let mut compared: Vec<(LeafSizes, How)> = Vec::new();
        for sizes in unseen {
            let set = self.values.get(compared.len() % self.values.len().max(1)).copied().unwrap_or_default();
            let how = self.unseen_size(&sizes, set, compared.is_empty())?;
            compared.extend(how.map(|how| (sizes, how)));
        }
        // An input may have positions in another one, which are outside of it where that is smaller.
        for sizes in larger(self.runs, self.resolved) {
            if compared.is_empty() {
                let how = self.unseen_size(&sizes, 0, true)?;
                compared.extend(how.map(|how| (sizes, how)));
            }
        }
        Ok(compared)
    }

    /// Compares both at these sizes: on the values of a set if that is affordable, otherwise by calls, and on values after all if
    /// these differ or say nothing where something is needed. Returns how, or `None` where they cannot be compared.
    fn unseen_size(&mut self, sizes: &LeafSizes, set: usize, needed: bool) -> Result<Option<How>, ExportError> {
        let runs = self.runs;
        let said = match self.budget.spend(sizes) {
            true => Calls::Other,
            false => self.by_calls(|| runs.inputs_without_data(sizes)),
        };
        Ok(match said {
            Calls::Same => Some(How::ByCalls),
            Calls::Unsaid if !needed => None,
            Calls::Other | Calls::Unsaid => self.unseen(sizes, set)?.then_some(How::OnValues),
        })
    }

    /// Compares both at these sizes on the values of a set; returns whether they could be compared.
    fn unseen(&mut self, sizes: &LeafSizes, set: usize) -> Result<bool, ExportError> {
        // What comes out of the tensors there may be outside of the model's range, so that the program refuses them.
        let may_refuse = !self.resolved.data.is_empty();
        let inputs = self.runs.inputs_of(sizes, set)?;
        self.check.compare(&CheckCase { shown: self.runs.shown(sizes), inputs, may_fail: true, may_refuse }, None)
    }

    /// Compares both on the sets that were left out, and on the first one again if so.
    fn left_out(&mut self, first: bool) -> Result<(), ExportError> {
        for set in std::mem::take(&mut self.left_out).into_iter().chain(first.then_some(0)) {
            self.check.compare(&self.case(set), None)?;
        }
        Ok(())
    }
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

/// Whether program and model make the same calls on each of these inputs, of which only the types matter.
pub(crate) fn same_calls(
    model: &dyn Forward,
    declared: &ModelTensors,
    program: &ExportedProgram,
    sets: &[Leaves],
) -> Result<bool, ExportError> {
    let module = program.module().map_err(|source| failed("", source))?;
    Ok(sets.iter().all(|set| calls::compare((model, declared), &module, || without_data(set)) == Calls::Same))
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

    /// Notes a comparison by calls, which proves every value.
    fn same_calls(&mut self, outputs: usize) {
        self.seen.add(&Compared::by_calls(outputs), &mut self.verification);
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
