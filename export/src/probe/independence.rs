//! Whether the graph is the same with other values: a number that the forward reads from a tensor leaves the graph, and
//! comes back as a constant that nobody sees.

use crate::ExportError;
use super::sizes::{far_values, near_values, other_values};
use super::search::Search;
use crate::dispatch::deep_copy;
use crate::record::{
    Declared, Forgery, How, RecordError, Role, Sample, StorageNumber, Trace, ValueId, capture, map_inputs, parting,
    same_content,
};
use pytree_core::{Module, Tch};
use std::collections::HashSet;
use tch::Tensor;

impl<M: Module<Family = Tch>> Search<'_, M> {
    /// Runs the example again with other values: a constant that differs has left the graph and come back.
    pub(super) fn vary_values(&mut self) -> Result<(), ExportError> {
        let example = &self.sets[0];
        let mut unmoved = Vec::new();
        let other = map_inputs(
            example,
            |leaf, tensor| {
                let other = other_values(tensor)?;
                if same_content(tensor, &other) {
                    unmoved.push(leaf);
                }
                Ok(other)
            },
            |_, v| v,
        )?;
        self.succeeds(capture(self.model, &other, self.declared, &How::Plain))?;
        self.forge_reads()?;
        // What is copied out of a tensor no op sees. Far values turn a comparison round; they need not be valid, so a run that
        // fails says nothing.
        let far = map_inputs(example, |_, tensor| far_values(tensor), |_, v| v)?;
        let near = |leaf, tensor: &Tensor| {
            if unmoved.contains(&leaf) { near_values(tensor) } else { Ok(deep_copy(tensor)?) }
        };
        let near = map_inputs(example, near, |_, v| v)?;
        for args in [far, near] {
            if let Ok(varied) = capture(self.model, &args, self.declared, &How::Plain) {
                self.independent(&varied)?;
            }
        }
        Ok(())
    }

    /// Runs the example with lies about every number that the forward reads from a tensor made of its inputs: small ones and
    /// large ones, so that a comparison with any limit turns round. A number that matters shows; one that is only printed
    /// does not.
    fn forge_reads(&self) -> Result<(), ExportError> {
        let trace = &self.samples[0].trace;
        let reads = reads_of_inputs(trace);
        if reads.is_empty() {
            return Ok(());
        }
        for way in [0, 1, -1] {
            let budget = 10 * trace.calls.len() as u64 + 1000;
            let how = How::Forged(Forgery { way, reads: &reads, budget });
            self.succeeds(capture(self.model, &self.sets[0], self.declared, &how))?;
        }
        Ok(())
    }

    /// Whether a run at the example's sizes with other values succeeds, and is the example's run.
    fn succeeds(&self, varied: Result<Sample, ExportError>) -> Result<(), ExportError> {
        match varied {
            Ok(varied) => self.independent(&varied),
            Err(ExportError::Capture { sizes, error }) => match *error {
                RecordError::Panicked { message, op, op_message, .. } => {
                    let place = op.map_or("the forward".to_owned(), |op| format!("`{op}`"));
                    let (place, second) = (format!("whether {place} succeeds"), op_message.unwrap_or(message));
                    Err(ExportError::DataDependence { place, first: "it does".to_owned(), second })
                }
                error => Err(ExportError::Capture { sizes, error: Box::new(error) }),
            },
            Err(other) => Err(other),
        }
    }

    /// Whether a run at the example's sizes with other values is the example's run.
    fn independent(&self, varied: &Sample) -> Result<(), ExportError> {
        let Some(found) = parting(&self.samples[0], varied, true) else { return Ok(()) };
        // The same values again tell a forward that depends on data from one that is not the same twice.
        let again = capture(self.model, &self.sets[0], self.declared, &How::Plain)?;
        if let Some(found) = parting(&self.samples[0], &again, true) {
            let (place, first, second) = found.place();
            return Err(ExportError::Impure { place, first, second });
        }
        let (place, first, second) = found.place();
        Err(ExportError::DataDependence { place, first, second })
    }
}

/// Which of the calls that give a tensor's content to Rust give one that depends on an input, counted among such calls. What
/// is read of parameters and constants is the same in every call.
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
