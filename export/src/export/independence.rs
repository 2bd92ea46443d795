//! Whether the graph is the same with other values: a number that the forward reads from a tensor leaves the graph, and
//! comes back as a constant that nobody sees.

use super::ExportError;
use super::probe::{near_values, other_values};
use super::sample::{Parting, Sample, capture, map_inputs, parting, same_content};
use super::search::Search;
use crate::dispatch::{RecordError, deep_copy};
use pytree_core::{Module, Tch};

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
        match capture(self.model, &other, self.declared, false) {
            Ok(varied) => self.independent(&varied)?,
            Err(ExportError::Capture { sizes, error }) => match *error {
                RecordError::Panicked { message, op, .. } => {
                    let place = op.map_or("the forward".to_owned(), |op| format!("`{op}`"));
                    let place = format!("whether {place} succeeds");
                    return Err(ExportError::DataDependence { place, first: "it does".to_owned(), second: message });
                }
                error => return Err(ExportError::Capture { sizes, error: Box::new(error) }),
            },
            Err(other) => return Err(other),
        }
        if unmoved.is_empty() {
            return Ok(());
        }
        let near = map_inputs(
            example,
            |leaf, tensor| if unmoved.contains(&leaf) { near_values(tensor) } else { Ok(deep_copy(tensor)?) },
            |_, v| v,
        )?;
        // Such values need not be valid: a run that fails says nothing.
        capture(self.model, &near, self.declared, false).map_or(Ok(()), |varied| self.independent(&varied))
    }

    /// Whether a run at the example's sizes with other values is the example's run.
    fn independent(&self, varied: &Sample) -> Result<(), ExportError> {
        let place = |parting: &Parting| match parting {
            Parting::Graph { first, second, at } => (format!("call {at}"), first.clone(), second.clone()),
            Parting::Argument { op, argument, first, second } | Parting::Integer { op, argument, first, second } => {
                (format!("argument `{argument}` of `{op}`"), first.clone(), second.clone())
            }
            Parting::Constant { op, index } => {
                (format!("constant {index} that `{op}` uses"), "one content".to_owned(), "another content".to_owned())
            }
            Parting::Output { first, second } => ("an output".to_owned(), first.clone(), second.clone()),
        };
        let Some(found) = parting(&self.samples[0], varied, true) else { return Ok(()) };
        // The same values again tell a forward that depends on data from one that is not the same twice.
        let again = capture(self.model, &self.sets[0], self.declared, false)?;
        if let Some(found) = parting(&self.samples[0], &again, true) {
            let (place, first, second) = place(&found);
            return Err(ExportError::Impure { place, first, second });
        }
        let (place, first, second) = place(&found);
        Err(ExportError::DataDependence { place, first, second })
    }
}
