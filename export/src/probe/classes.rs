//! Dimensions that have been equal so far.

use super::runs::Runs;
use super::sizes::{DynamicDim, bounds};
use crate::ExportError;
use crate::record::Sample;
use crate::setup::Setup;
use crate::variable::{LeafSizes, Variable};
use symbolic::ValueRange;

/// Dimensions of the inputs that have been equal in every run so far.
pub(super) struct Class {
    /// The size in every run.
    seen: Vec<i64>,
    pub(super) dim: DynamicDim,
    pub(super) members: Vec<Variable>,
}

/// The dynamic dimensions, grouped by those that are equal in all of these runs.
pub(super) fn classes(setup: &Setup, runs: &[Sample]) -> Result<Vec<Class>, ExportError> {
    let mut classes: Vec<Class> = Vec::new();
    for (variable, range) in dynamic_dims(setup)? {
        let seen: Vec<i64> = runs.iter().filter_map(|sample| sample.sizes.get(variable)).collect();
        match classes.iter_mut().find(|class| class.seen == seen) {
            Some(class) => {
                class.dim.range = class.dim.range.intersect(&range);
                class.members.push(variable);
            }
            None => {
                let example = seen.first().copied().unwrap_or_default();
                classes.push(Class { seen, dim: DynamicDim { example, range }, members: vec![variable] });
            }
        }
    }
    Ok(classes)
}

/// The dimensions that the spec makes dynamic, with their ranges.
fn dynamic_dims(setup: &Setup) -> Result<Vec<(Variable, ValueRange)>, ExportError> {
    let inputs = shapes::SymbolicInputs::declare(setup.leaves.clone(), &setup.order, setup.naming)?;
    let mut dims = Vec::new();
    for leaf in 0..setup.leaves.len() {
        for (dim, expr) in inputs.sizes(leaf)?.iter().enumerate() {
            if let Some(symbol) = expr.as_symbol() {
                dims.push((Variable::InputDim { leaf, dim }, inputs.env().range(symbol)));
            }
        }
    }
    Ok(dims)
}

impl Runs<'_> {
    /// The example's sizes, with these classes at other sizes.
    pub(super) fn with_sizes(&self, classes: &[Class], sizes: &[i64]) -> LeafSizes {
        let mut values = self.samples[0].sizes.clone();
        for (class, size) in classes.iter().zip(sizes) {
            class.members.iter().for_each(|variable| values.set(*variable, *size));
        }
        values
    }
}

/// How the size of a class follows from those of smaller classes in every given set.
enum Relation {
    /// No relation was found.
    Free,
    /// The sum of two classes.
    Sum(usize, usize),
    /// The sum of a class and a number.
    Offset(usize, i64),
}

/// The relation of every class to the classes before it in `order`, which is by size.
pub(super) struct Relations {
    order: Vec<usize>,
    of: Vec<Relation>,
}

impl Relations {
    /// Looks for sums before offsets: in a few sets, sizes often differ by a fixed number by chance.
    pub(super) fn of(classes: &[Class]) -> Self {
        let mut order: Vec<usize> = (0..classes.len()).collect();
        order.sort_by_key(|class| classes[*class].seen.first().copied());
        let mut of: Vec<Relation> = classes.iter().map(|_| Relation::Free).collect();
        let seen = |class: usize| classes[class].seen.iter();
        for (place, &class) in order.iter().enumerate() {
            let smaller = &order[..place];
            let pairs = smaller.iter().enumerate().flat_map(|(i, a)| smaller[i..].iter().map(move |b| (*a, *b)));
            let sum = |&(a, b): &(usize, usize)| {
                let sums = seen(a).zip(seen(b)).map(|(a, b)| a.checked_add(*b));
                sums.eq(seen(class).map(|size| Some(*size)))
            };
            let offset = |&a: &usize| {
                let mut gaps = seen(class).zip(seen(a)).map(|(size, a)| size.checked_sub(*a));
                let first = gaps.next()??;
                gaps.all(|gap| gap == Some(first)).then_some(Relation::Offset(a, first))
            };
            let found = pairs.into_iter().find(sum).map(|(a, b)| Relation::Sum(a, b));
            if let Some(relation) = found.or_else(|| smaller.iter().find_map(offset)) {
                of[class] = relation;
            }
        }
        Relations { order, of }
    }

    /// These sizes, with related sizes computed from the others where the ranges allow it. `None` if nothing changes.
    pub(super) fn applied(&self, classes: &[Class], sizes: &[i64]) -> Option<Vec<i64>> {
        let mut related = sizes.to_vec();
        for &class in &self.order {
            let size = match self.of[class] {
                Relation::Free => continue,
                Relation::Sum(a, b) => related[a].checked_add(related[b]),
                Relation::Offset(a, gap) => related[a].checked_add(gap),
            };
            let (low, high) = bounds(&classes[class].dim.range);
            if let Some(size) = size.filter(|size| (low..=high).contains(size)) {
                related[class] = size;
            }
        }
        (related != sizes).then_some(related)
    }
}
