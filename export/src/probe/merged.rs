//! The first probes: dimensions that are equal in every given set move together.

use super::sizes::{Movable, bounds, unlike_sizes};
use super::search::{Search, Values};
use crate::ExportError;
use crate::record::Sample;
use crate::setup::Setup;
use pytree_core::{Module, Tch};
use symbolic::ValueRange;

/// Dimensions of the inputs that have been equal so far: leaf and dimension of each.
pub(super) struct Class {
    /// The size in every run.
    seen: Vec<i64>,
    pub(super) movable: Movable,
    pub(super) dims: Vec<(usize, usize)>,
}

impl<M: Module<Family = Tch>> Search<'_, M> {
    /// Three probes in which dimensions that are equal in every given set stay equal: whatever the model needs of real
    /// inputs holds then, but for relations and ranges. Where such a probe fails, another one keeps the sums and differences
    /// that hold in every given set too, as of a mask over a cache and new tokens. What still fails teaches nothing here; the
    /// rules will explain it. `false` when another path was taken, and an AUTO dimension has become static for it.
    pub(super) fn merged_probes(&mut self) -> Result<bool, ExportError> {
        let classes = self.classes(&self.samples[..self.sets.len()])?;
        if classes.is_empty() {
            return Ok(true);
        }
        let relations = relations(&classes);
        for _ in 0..3 {
            let movables: Vec<Movable> = classes.iter().map(|class| class.movable.clone()).collect();
            let sizes = unlike_sizes(&movables, &self.taken(), self.round);
            self.round += 1;
            let mut run = self.trial(&self.with_sizes(&classes, &sizes));
            if let (Err(ExportError::Capture { .. }), Some(related)) = (&run, related(&classes, &relations, &sizes)) {
                run = self.trial(&self.with_sizes(&classes, &related));
            }
            match run {
                Ok(sample) => self.samples.push(sample),
                Err(error) if is_other_path(&error) => {
                    return if self.freeze(&self.branching(&classes, &sizes)) { Ok(false) } else { Err(error) };
                }
                Err(_) => {}
            }
        }
        Ok(true)
    }

    /// The dimensions on which the model branches when they alone have these sizes; all of them when none does alone.
    fn branching(&self, classes: &[Class], sizes: &[i64]) -> Vec<(usize, usize)> {
        let alone = classes.iter().zip(sizes).filter(|(class, size)| {
            let run = self.trial(&self.with_sizes(std::slice::from_ref(*class), std::slice::from_ref(*size)));
            run.is_err_and(|error| is_other_path(&error))
        });
        let dims: Vec<_> = alone.flat_map(|(class, _)| class.dims.iter().copied()).collect();
        if dims.is_empty() { classes.iter().flat_map(|class| class.dims.iter().copied()).collect() } else { dims }
    }

    /// The example's sizes, with these classes at other sizes.
    fn with_sizes(&self, classes: &[Class], sizes: &[i64]) -> Values {
        let mut values = self.samples[0].values.clone();
        for (class, size) in classes.iter().zip(sizes) {
            for (leaf, dim) in &class.dims {
                if let Some(slot) = values[*leaf].as_mut().and_then(|v| v.get_mut(*dim)) {
                    *slot = *size;
                }
            }
        }
        values
    }

    /// The dynamic dimensions, those together that are equal in every one of these runs.
    pub(super) fn classes(&self, runs: &[Sample]) -> Result<Vec<Class>, ExportError> {
        let mut classes: Vec<Class> = Vec::new();
        for (leaf, dim, range) in dynamic_dims(&self.setup)? {
            let seen: Vec<i64> = runs.iter().filter_map(|s| s.values[leaf].as_ref()?.get(dim).copied()).collect();
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

/// Whether a run succeeded, and took another path than the first.
fn is_other_path(error: &ExportError) -> bool {
    matches!(error, ExportError::Branch { .. } | ExportError::Varies { .. })
}

/// What a class is of smaller ones in every given set.
enum Relation {
    /// It is none that is looked for.
    Free,
    /// The sum of two classes.
    Sum(usize, usize),
    /// A class and a number.
    Offset(usize, i64),
}

/// The relation of every class to the classes before it in `order`, which is by size.
struct Relations {
    order: Vec<usize>,
    of: Vec<Relation>,
}

/// Sums before differences: a few sets that lie apart by a number are easily found by chance.
fn relations(classes: &[Class]) -> Relations {
    let mut order: Vec<usize> = (0..classes.len()).collect();
    order.sort_by_key(|class| classes[*class].seen.first().copied());
    let mut of: Vec<Relation> = classes.iter().map(|_| Relation::Free).collect();
    let seen = |class: usize| classes[class].seen.iter();
    for (place, &class) in order.iter().enumerate() {
        let smaller = &order[..place];
        let pairs = smaller.iter().enumerate().flat_map(|(i, a)| smaller[i..].iter().map(move |b| (*a, *b)));
        let sum = |&(a, b): &(usize, usize)| seen(a).zip(seen(b)).map(|(a, b)| a + b).eq(seen(class).copied());
        let offset = |&a: &usize| {
            let mut gaps = seen(class).zip(seen(a)).map(|(size, a)| size - a);
            let first = gaps.next()?;
            gaps.all(|gap| gap == first).then_some(Relation::Offset(a, first))
        };
        let found = pairs.into_iter().find(sum).map(|(a, b)| Relation::Sum(a, b));
        if let Some(relation) = found.or_else(|| smaller.iter().find_map(offset)) {
            of[class] = relation;
        }
    }
    Relations { order, of }
}

/// These sizes with the related ones computed from the others, where the ranges allow it. `None` when nothing changes.
fn related(classes: &[Class], relations: &Relations, sizes: &[i64]) -> Option<Vec<i64>> {
    let mut related = sizes.to_vec();
    for &class in &relations.order {
        let size = match relations.of[class] {
            Relation::Free => continue,
            Relation::Sum(a, b) => related[a].checked_add(related[b]),
            Relation::Offset(a, gap) => related[a].checked_add(gap),
        };
        let (low, high) = bounds(&classes[class].movable.range);
        if let Some(size) = size.filter(|size| (low..=high).contains(size)) {
            related[class] = size;
        }
    }
    (related != sizes).then_some(related)
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
