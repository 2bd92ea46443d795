//! Probes that tell apart dimensions which have been equal so far, where an integer of the graph may come from any of them.
//!
//! An example whose batch is as long as its sequence explains an integer by either. Solved by the wrong one, the integer
//! makes the rules tie the two, and no later probe would move them apart.

use super::ExportError;
use super::merged::Class;
use super::probe::unlike_sizes;
use super::resolve::sizes_in_integers;
use super::search::Search;
use pytree_core::{Module, Tch};
use std::collections::HashSet;

/// Probes at most this often: each either moves something apart or shows that the model wants it together.
const PROBES: usize = 48;

/// How many sizes are tried before the model is taken to want dimensions together: it may want a divisible size.
const SIZES: usize = 3;

/// An input dimension: leaf and dimension.
type Place = (usize, usize);

impl<M: Module<Family = Tch>> Search<'_, M> {
    /// Moves dimensions apart until every integer is explained by dimensions that the model wants equal.
    pub(super) fn separate(&mut self) -> Result<(), ExportError> {
        let mut tried: HashSet<Vec<Place>> = HashSet::new();
        while let Some(block) = self.together()?.into_iter().find(|block| !tried.contains(block)) {
            if tried.len() == PROBES {
                break;
            }
            self.apart(&block)?;
            tried.insert(block);
        }
        Ok(())
    }

    /// Blocks of dimensions that have been equal to others in every run and explain an integer, one of which may have to
    /// move without the others.
    fn together(&self) -> Result<Vec<Vec<Place>>, ExportError> {
        let used = sizes_in_integers(&self.setup, &self.samples)?;
        let mut blocks = Vec::new();
        for group in self.classes(&self.samples)? {
            if group.dims.len() > 1 && group.dims.iter().any(|place| used.contains(place)) {
                blocks.extend(parts(&group));
            }
        }
        Ok(blocks)
    }

    /// Probes with these dimensions at another size, all the same, and everything else as in the last run.
    fn apart(&mut self, block: &[Place]) -> Result<(), ExportError> {
        let Some(last) = self.samples.last() else { return Ok(()) };
        let before = last.values.clone();
        let taken: Vec<i64> = before.iter().flatten().flatten().copied().collect();
        let classes = self.classes(&self.samples)?;
        let Some(class) = classes.iter().find(|class| class.dims.contains(&block[0])) else { return Ok(()) };
        for _ in 0..SIZES {
            let sizes = unlike_sizes(std::slice::from_ref(&class.movable), &taken, self.round);
            self.round += 1;
            let mut values = before.clone();
            for (leaf, dim) in block {
                if let Some(slot) = values[*leaf].as_mut().and_then(|v| v.get_mut(*dim)) {
                    *slot = sizes[0];
                }
            }
            if let Ok(sample) = self.trial(&values) {
                self.samples.push(sample);
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Parts of a group that may belong together: the dimensions of one input, each dimension alone, halves of all sorts; of a
/// small group every part. A part and the rest of the group stand for the same question.
fn parts(group: &Class) -> Vec<Vec<Place>> {
    let dims = &group.dims;
    let mut parts: Vec<Vec<Place>> = Vec::new();
    let mut add = |keep: &dyn Fn(usize, Place) -> bool| {
        // The first dimension stays: moving it alone is moving all others.
        let first = keep(0, dims[0]);
        let part: Vec<Place> =
            dims.iter().enumerate().filter(|(i, place)| keep(*i, **place) != first).map(|(_, place)| *place).collect();
        if !part.is_empty() && !parts.contains(&part) {
            parts.push(part);
        }
    };
    if dims.len() <= 4 {
        for mask in 1..1_usize << dims.len() {
            add(&|i, _| mask >> i & 1 == 1);
        }
        return parts;
    }
    for bit in 0..usize::BITS - dims.len().leading_zeros() {
        add(&|i, _| i >> bit & 1 == 1);
    }
    for (leaf, _) in dims.iter().take(16) {
        add(&|_, place| place.0 == *leaf);
    }
    for alone in 0..dims.len().min(16) {
        add(&|i, _| i == alone);
    }
    parts
}
