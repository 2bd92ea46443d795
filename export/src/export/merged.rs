//! The first probes: dimensions that are equal in every given set move together.

use super::probe::{Movable, unlike_sizes};
use super::search::{Search, Values};
use super::{ExportError, Setup};
use pytree_core::{Module, Tch};
use shapes::ValueRange;

/// Dimensions of the inputs that have been equal so far: leaf and dimension of each.
struct Class {
    /// The size in every given set.
    seen: Vec<i64>,
    movable: Movable,
    dims: Vec<(usize, usize)>,
}

impl<M: Module<Family = Tch>> Search<'_, M> {
    /// Three probes in which dimensions that are equal in every given set stay equal: whatever the model needs of real
    /// inputs holds then, but for relations and ranges. A failure teaches nothing here; the rules will explain it. `false`
    /// when another path was taken, and an AUTO dimension has become static for it.
    pub(super) fn merged_probes(&mut self) -> Result<bool, ExportError> {
        let classes = self.classes()?;
        if classes.is_empty() {
            return Ok(true);
        }
        for _ in 0..3 {
            let movables: Vec<Movable> = classes.iter().map(|class| class.movable.clone()).collect();
            let sizes = unlike_sizes(&movables, &self.taken(), self.round);
            self.round += 1;
            let moved: Vec<(&Class, i64)> = classes.iter().zip(sizes).collect();
            match self.trial(&self.with_sizes(&moved)) {
                Ok(sample) => self.samples.push(sample),
                Err(error @ ExportError::Branch { .. }) => {
                    let mut branching = Vec::new();
                    for alone in &moved {
                        let run = self.trial(&self.with_sizes(std::slice::from_ref(alone)));
                        if matches!(run, Err(ExportError::Branch { .. })) {
                            branching.extend(alone.0.dims.iter().copied());
                        }
                    }
                    if branching.is_empty() {
                        branching = classes.iter().flat_map(|class| class.dims.iter().copied()).collect();
                    }
                    return if self.freeze(&branching) { Ok(false) } else { Err(error) };
                }
                Err(_) => {}
            }
        }
        Ok(true)
    }

    /// The example's sizes, with these classes at other sizes.
    fn with_sizes(&self, moved: &[(&Class, i64)]) -> Values {
        let mut values = self.samples[0].values.clone();
        for (class, size) in moved {
            for (leaf, dim) in &class.dims {
                if let Some(slot) = values[*leaf].as_mut().and_then(|v| v.get_mut(*dim)) {
                    *slot = *size;
                }
            }
        }
        values
    }

    /// The dynamic dimensions, those together that are equal in every given set.
    fn classes(&self) -> Result<Vec<Class>, ExportError> {
        let given = &self.samples[..self.sets.len()];
        let mut classes: Vec<Class> = Vec::new();
        for (leaf, dim, range) in dynamic_dims(&self.setup)? {
            let seen: Vec<i64> = given.iter().filter_map(|s| s.values[leaf].as_ref()?.get(dim).copied()).collect();
            match classes.iter_mut().find(|class| class.seen == seen) {
                Some(class) => {
                    class.movable.range = class.movable.range.intersect(&range);
                    class.dims.push((leaf, dim));
                }
                None => {
                    let example = seen.first().copied().unwrap_or_default();
                    classes.push(Class { seen, movable: Movable { example, range }, dims: vec![(leaf, dim)] });
                }
            }
        }
        Ok(classes)
    }
}

/// The dimensions that the spec makes dynamic, with the range it gives them.
fn dynamic_dims(setup: &Setup) -> Result<Vec<(usize, usize, ValueRange)>, ExportError> {
    let inputs = shapes::SymbolicInputs::declare(setup.leaves.clone(), &setup.order, setup.naming)?;
    let mut dims = Vec::new();
    for leaf in 0..setup.leaves.len() {
        for (dim, expr) in inputs.sizes(leaf)?.iter().enumerate() {
            if let Some(symbol) = expr.as_symbol() {
                dims.push((leaf, dim, inputs.env().range(symbol)));
            }
        }
    }
    Ok(dims)
}
