//! Probes that tell apart dimensions which have been equal so far, where an integer of the graph may come from any of them.
//!
//! An example whose batch is as long as its sequence explains an integer by either. Solved by the wrong one, the integer
//! makes the rules tie the two, and no later probe would move them apart.

use crate::ExportError;
use super::merged::Class;
use super::search::Search;
use super::sizes::unlike_sizes;
use crate::resolve::sizes_in_integers;
use pytree_core::{Module, Tch};
use std::collections::HashSet;

/// Probes at most this often: each either moves something apart or shows that the model wants it together.
const PROBES: usize = 32;

/// How many sizes are tried where no run has shown one that the model takes: it may want a divisible size.
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
                blocks.extend(parts(&group, |leaf| self.argument(leaf)));
            }
        }
        Ok(blocks)
    }

    /// Which argument a leaf belongs to: the first entry of its path.
    fn argument(&self, leaf: usize) -> &str {
        let path = &self.setup.leaves[leaf].path;
        path.split_once(']').map_or(path.as_str(), |(first, _)| first)
    }

    /// Probes with these dimensions at another size, all the same, and everything else as in the last run.
    fn apart(&mut self, block: &[Place]) -> Result<(), ExportError> {
        let Some(last) = self.samples.last() else { return Ok(()) };
        let before = last.values.clone();
        for size in self.other_sizes(block[0])? {
            let mut values = before.clone();
            for (leaf, dim) in block {
                if let Some(slot) = values[*leaf].as_mut().and_then(|v| v.get_mut(*dim)) {
                    *slot = size;
                }
            }
            if let Ok(sample) = self.trial(&values) {
                self.samples.push(sample);
                return Ok(());
            }
        }
        Ok(())
    }

    /// Sizes for a dimension that are none of the last run: one that another run has shown to be good, or else new ones.
    fn other_sizes(&mut self, (leaf, dim): Place) -> Result<Vec<i64>, ExportError> {
        let taken: Vec<i64> =
            self.samples.last().iter().flat_map(|last| last.values.iter().flatten().flatten()).copied().collect();
        let mut shown = self.samples.iter().filter_map(|run| run.values[leaf].as_ref()?.get(dim).copied());
        if let Some(size) = shown.rfind(|size| !taken.contains(size)) {
            return Ok(vec![size]);
        }
        let classes = self.classes(&self.samples)?;
        let Some(class) = classes.iter().find(|class| class.dims.contains(&(leaf, dim))) else { return Ok(Vec::new()) };
        let rounds = self.round..self.round + SIZES;
        self.round = rounds.end;
        let movable = std::slice::from_ref(&class.movable);
        Ok(rounds.flat_map(|round| unlike_sizes(movable, &taken, round)).collect())
    }
}

/// Parts of a group that may belong together: the dimensions of one argument, and halves of all sorts; of a small group every
/// part. A part and the rest of the group stand for the same question.
fn parts<'a>(group: &Class, argument: impl Fn(usize) -> &'a str) -> Vec<Vec<Place>> {
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
    for (leaf, _) in dims {
        add(&|_, place| argument(place.0) == argument(*leaf));
    }
    for bit in 0..usize::BITS - dims.len().leading_zeros() {
        add(&|i, _| i >> bit & 1 == 1);
    }
    parts
}
