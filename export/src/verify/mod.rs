//! Compares a program with its model.

mod compare;
mod inputs;
mod run;

use crate::ExportError;
use crate::dispatch::deep_copy;
use crate::model::{Forward, Leaves};
use crate::model_tensors::ModelTensors;
use crate::probe::Runs;
use crate::resolve::Resolved;
use crate::variable::LeafSizes;
use program::{ExportedProgram, InputSizes, NodeValue, Unproven, Vacuous, Verification};
use pytree_core::DType;
use run::{Compared, Sides};

/// How many sizes that the export was not given are tried.
const UNSEEN: usize = 2;

/// How many sizes are considered.
const CANDIDATES: usize = 32;

/// So many elements always cost little.
const CHEAP: i64 = 1 << 16;

/// Compares the program with the model on the given sets, and at small sizes that are not among them.
pub(crate) fn verify(
    runs: &Runs<'_>,
    resolved: &Resolved,
    program: &ExportedProgram,
) -> Result<Verification, ExportError> {
    let example = &runs.example().sizes;
    let mut cases = Vec::new();
    for set in runs.sets() {
        let inputs = set.map(|_, tensor| Ok(deep_copy(tensor)?), |_, v| v)?;
        cases.push(CheckCase { shown: runs.shown(&LeafSizes::of(&inputs.leaves)), inputs, may_refuse: false });
    }
    let mut unseen = Vec::new();
    for sizes in small(runs, resolved) {
        // What comes out of the tensors there may be outside of the model's range.
        let may_refuse = !resolved.data.is_empty();
        cases.push(CheckCase { shown: runs.shown(&sizes), inputs: runs.inputs_of(&sizes)?, may_refuse });
        unseen.push(sizes);
    }
    let (mut verification, compared) = check(runs.model(), runs.declared(), program, &cases)?;
    let mut compared = compared.into_iter().skip(runs.sets().len());
    unseen.retain(|_| compared.next().unwrap_or(false));
    verification.unseen = !unseen.is_empty();
    if unseen.is_empty() && !program.hints.is_empty() {
        verification.unproven.push(Unproven::Sizes);
    }
    let values = unseen.pop().unwrap_or_else(|| example.clone());
    let names = program.graph.placeholders().map(|(_, node)| node.name.clone());
    let lifted = program.graph.placeholders().count() - values.iter().count();
    let named = names.skip(lifted).zip(values.iter());
    verification.run = named.filter_map(|(name, sizes)| Some(InputSizes { name, sizes: sizes?.to_vec() })).collect();
    verification.tried = runs.tried(resolved);
    Ok(verification)
}

/// Sizes that are not among the given ones and that cost no more than these. The smallest come first.
fn small(runs: &Runs<'_>, resolved: &Resolved) -> Vec<LeafSizes> {
    let given: Vec<LeafSizes> = runs.sets().iter().map(|set| LeafSizes::of(&set.leaves)).collect();
    let most = given.iter().map(elements).max().unwrap_or_default().max(CHEAP);
    let affordable = |points: Vec<Vec<i64>>| -> Vec<LeafSizes> {
        let sizes = points.into_iter().filter_map(|point| resolved.domain.sizes(&point, &runs.example().sizes));
        sizes.filter(|sizes| !given.contains(sizes) && elements(sizes) <= most).collect()
    };
    let mut sizes = affordable(resolved.domain.small(CANDIDATES, 0));
    if sizes.is_empty() {
        sizes = affordable(resolved.domain.below(CANDIDATES));
    }
    // A size that is not in any given set proves more. Of the others, the very smallest often have a size of 0 somewhere
    // inside.
    let known = |sizes: &LeafSizes| given.iter().map(|set| set.in_common(sizes)).max().unwrap_or_default();
    sizes.sort_by_key(|sizes| (known(sizes), elements(sizes)));
    sizes.dedup();
    let equal = sizes.first().map(known);
    let alike = sizes.iter().take_while(|sizes| Some(known(sizes)) == equal).count();
    let skip = (alike / 4).min(alike.saturating_sub(UNSEEN));
    sizes.drain(..skip);
    sizes.truncate(UNSEEN);
    sizes
}

/// How many elements the inputs have together.
fn elements(sizes: &LeafSizes) -> i64 {
    let of = |sizes: &[i64]| sizes.iter().fold(1_i64, |n, size| n.saturating_mul(*size));
    sizes.iter().flatten().map(of).fold(0, i64::saturating_add)
}

/// Inputs at which a program is compared with its model.
pub(crate) struct CheckCase {
    /// Their sizes, for messages.
    pub(crate) shown: String,
    pub(crate) inputs: Leaves,
    /// Whether model and program may refuse them.
    pub(crate) may_refuse: bool,
}

/// Compares the program with the model on each of these inputs: what both return, and what they write to inputs and buffers.
/// Where the values of the inputs say little, both also run on other values. Also says which of the inputs were compared.
pub(crate) fn check(
    model: &dyn Forward,
    declared: &ModelTensors,
    program: &ExportedProgram,
    cases: &[CheckCase],
) -> Result<(Verification, Vec<bool>), ExportError> {
    let mut verification = Verification::default();
    let mut done = Vec::with_capacity(cases.len());
    let mut seen = Seen::default();
    for CheckCase { shown, inputs, may_refuse } in cases {
        let sides = Sides::new(model, declared, program, shown, tolerance(program))?;
        let given = match may_refuse {
            true => sides.compare_if_possible(inputs)?,
            false => Some(sides.compare(inputs)?),
        };
        done.push(given.is_some());
        let Some(given) = given else { continue };
        let little = inputs::say_little(inputs) || given.vacuous.iter().any(Option::is_some);
        seen.add(&given, &mut verification);
        if !little {
            continue;
        }
        // The model may reject other values, and the program may refuse them.
        if let Some(varied) = sides.compare_if_possible(&inputs::varied(inputs)?)? {
            seen.add(&varied, &mut verification);
        }
    }
    verification.unproven.extend(seen.unproven());
    Ok((verification, done))
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
