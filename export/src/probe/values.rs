//! Checks that the graph does not depend on the values of the inputs: a number that the forward reads from a tensor leaves
//! the graph and could come back as a constant without notice.

use super::inputs::{far_values, near_values, other_values};
use super::runs::Runs;
use crate::ExportError;
use crate::dispatch::deep_copy;
use crate::record::{
    Declared, ReadOverride, RecordError, RecordMode, Role, Sample, StorageNumber, Trace, ValueId, divergence,
    same_content,
};
use std::collections::HashSet;
use tch::Tensor;

/// Records every given set. All are valid, so all must take the same path. The first is checked for dependence on values
/// before a difference in another set is reported as a branch on a size.
pub(super) fn run_sets(runs: &mut Runs<'_>) -> Result<(), ExportError> {
    for set in 0..runs.sets.len() {
        // The first run determines the graph; only its calls become nodes with a source line.
        let located = set == 0 && runs.setup.locations;
        let mode = if located { RecordMode::Located } else { RecordMode::Plain };
        let sample = runs.capture(&runs.sets[set], &mode)?;
        runs.accept(sample)?;
        if set == 0 {
            vary_values(runs)?;
        }
    }
    Ok(())
}

/// Runs the example again with other values. A constant that differs was read from a tensor.
fn vary_values(runs: &Runs<'_>) -> Result<(), ExportError> {
    let example = runs.first_set();
    let mut unmoved = Vec::new();
    let other = example.map(
        |leaf, tensor| {
            let other = other_values(tensor)?;
            if same_content(tensor, &other) {
                unmoved.push(leaf);
            }
            Ok(other)
        },
        |_, v| v,
    )?;
    succeeds(runs, runs.capture(&other, &RecordMode::Plain))?;
    override_reads(runs)?;
    // No op records a copy out of the memory of a tensor. Values that are far away change the result of a comparison. They
    // may be invalid, so a run that fails is ignored.
    let far = example.map(|_, tensor| far_values(tensor), |_, v| v)?;
    let near = |leaf, tensor: &Tensor| {
        if unmoved.contains(&leaf) { near_values(tensor) } else { Ok(deep_copy(tensor)?) }
    };
    let near = example.map(near, |_, v| v)?;
    for inputs in [far, near] {
        if let Ok(varied) = runs.capture(&inputs, &RecordMode::Plain) {
            independent(runs, &varied)?;
        }
    }
    Ok(())
}

/// Runs the example with altered results of every read of a tensor that depends on the inputs. The changes are small and
/// large, so that a comparison with any limit changes its result. A number that is only printed makes no difference.
fn override_reads(runs: &Runs<'_>) -> Result<(), ExportError> {
    let trace = &runs.example().trace;
    let reads = reads_of_inputs(trace);
    if reads.is_empty() {
        return Ok(());
    }
    for way in [0, 1, -1] {
        let budget = 10 * trace.calls.len() as u64 + 1000;
        let mode = RecordMode::Overridden(ReadOverride { way, reads: &reads, budget });
        succeeds(runs, runs.capture(runs.first_set(), &mode))?;
    }
    Ok(())
}

/// Checks that a run at the sizes of the example with other values succeeds and is equal to the run of the example.
fn succeeds(runs: &Runs<'_>, varied: Result<Sample, ExportError>) -> Result<(), ExportError> {
    match varied {
        Ok(varied) => independent(runs, &varied),
        Err(ExportError::Capture { sizes, source }) => match *source {
            RecordError::Panicked { message, op, op_message, .. } => {
                let place = op.map_or("the forward".to_owned(), |op| format!("`{op}`"));
                let (place, second) = (format!("whether {place} succeeds"), op_message.unwrap_or(message));
                Err(ExportError::DataDependence { place, first: "it does".to_owned(), second })
            }
            source => Err(ExportError::Capture { sizes, source: Box::new(source) }),
        },
        Err(other) => Err(other),
    }
}

/// Checks that a run at the sizes of the example with other values is equal to the run of the example.
fn independent(runs: &Runs<'_>, varied: &Sample) -> Result<(), ExportError> {
    let Some(found) = divergence(runs.example(), varied, true) else { return Ok(()) };
    // A second run with the same values distinguishes dependence on data from a forward that is not deterministic.
    let again = runs.capture(runs.first_set(), &RecordMode::Plain)?;
    if let Some(found) = divergence(runs.example(), &again, true) {
        let (place, first, second) = found.place();
        return Err(ExportError::Impure { place, first, second });
    }
    let (place, first, second) = found.place();
    Err(ExportError::DataDependence { place, first, second })
}

/// The calls that return content of a tensor which depends on an input, counted among all calls that return content. The
/// content of parameters and constants is the same in every run.
fn reads_of_inputs(trace: &Trace) -> Vec<u64> {
    let is_input = |declared: &&Declared| matches!(declared.role, Role::Input(_));
    let inputs = trace.declared.iter().filter(is_input);
    let mut values: HashSet<ValueId> = inputs.clone().map(|declared| declared.id).collect();
    let mut storages: HashSet<StorageNumber> = inputs.filter_map(|declared| declared.storage).collect();
    let (mut reads, mut at) = (Vec::new(), 0);
    for call in &trace.calls {
        let taken = |id: &ValueId| values.contains(id) || trace.storage_of(*id).is_some_and(|s| storages.contains(&s));
        let depends = call.args.iter().flat_map(|argument| argument.value.tensors()).any(taken);
        if call.schema.reads_data {
            reads.extend(depends.then_some(at));
            at += 1;
        }
        if depends {
            let written = call.args.iter().zip(&call.schema.arguments).filter(|(_, schema)| schema.mutated);
            let written = written.flat_map(|(argument, _)| argument.value.tensors());
            storages.extend(written.filter_map(|id| trace.storage_of(*id)));
            storages.extend(call.output_tensors().filter_map(|output| output.storage));
            values.extend(call.output_tensors().map(|output| output.id));
        }
    }
    reads
}
