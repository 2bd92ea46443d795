//! The first probes: dimensions that are equal in every given set move together.

use super::classes::{Class, Relations, classes};
use super::runs::Runs;
use super::sizes::{DynamicDim, unlike_sizes};
use crate::ExportError;
use crate::variable::Variable;

/// How many sizes are tried.
const PROBES: usize = 3;

/// Runs probes in which dimensions that are equal in every given set stay equal, so that the equalities which the model
/// needs hold. If such a probe fails, another one also keeps the sums and differences that hold in every given set, such as
/// the length of a mask over a cache and new tokens. A probe that still fails is ignored; the rules will explain it. `false`
/// if a run took another path and an AUTO dimension became static because of it.
pub(super) fn run(runs: &mut Runs<'_>) -> Result<bool, ExportError> {
    let classes = classes(&runs.setup, &runs.samples[..runs.sets.len()])?;
    if classes.is_empty() {
        return Ok(true);
    }
    let relations = Relations::of(&classes);
    for _ in 0..PROBES {
        let dims: Vec<DynamicDim> = classes.iter().map(|class| class.dim.clone()).collect();
        let sizes = unlike_sizes(&dims, &runs.taken(), runs.round);
        runs.round += 1;
        let mut run = runs.trial(&runs.with_sizes(&classes, &sizes));
        if let (Err(ExportError::Capture { .. }), Some(related)) = (&run, relations.applied(&classes, &sizes)) {
            run = runs.trial(&runs.with_sizes(&classes, &related));
        }
        match run {
            Ok(sample) => runs.samples.push(sample),
            Err(error) if is_other_path(&error) => {
                let branching = branching(runs, &classes, &sizes);
                return if runs.freeze(&branching) { Ok(false) } else { Err(error) };
            }
            Err(_) => {}
        }
    }
    Ok(true)
}

/// The dimensions on which the model branches when they alone have these sizes; all dimensions if there is no such one.
fn branching(runs: &Runs<'_>, classes: &[Class], sizes: &[i64]) -> Vec<Variable> {
    let alone = classes.iter().zip(sizes).filter(|(class, size)| {
        let run = runs.trial(&runs.with_sizes(std::slice::from_ref(*class), std::slice::from_ref(*size)));
        run.is_err_and(|error| is_other_path(&error))
    });
    let dims: Vec<Variable> = alone.flat_map(|(class, _)| class.members.iter().copied()).collect();
    if dims.is_empty() { classes.iter().flat_map(|class| class.members.iter().copied()).collect() } else { dims }
}

/// Whether a run succeeded but took another path than the first one.
fn is_other_path(error: &ExportError) -> bool {
    matches!(error, ExportError::Branch { .. } | ExportError::Varies { .. })
}
