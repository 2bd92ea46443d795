//! Probes that separate dimensions which have been equal so far, if an integer of the graph may come from any of them.
//!
//! In an example whose batch is as long as its sequence, an integer can be explained by either. If it is solved with the
//! wrong one, the rules make the two equal, and no later probe separates them.

use super::classes::{Class, classes};
use super::runs::Runs;
use super::sizes::unlike_sizes;
use crate::ExportError;
use crate::resolve::variables_in_integers;
use crate::variable::Variable;
use std::collections::HashSet;

/// The largest number of probes. Each either separates dimensions or shows that the model needs them equal.
const PROBES: usize = 32;

/// How many sizes are tried if no run has shown one that the model accepts: it may need a divisible size.
const SIZES: usize = 3;

/// Separates dimensions until every integer is explained by dimensions that the model needs equal.
pub(super) fn run(runs: &mut Runs<'_>) -> Result<(), ExportError> {
    let mut tried: HashSet<Vec<Variable>> = HashSet::new();
    while let Some(block) = together(runs)?.into_iter().find(|block| !tried.contains(block)) {
        if tried.len() == PROBES {
            break;
        }
        apart(runs, &block)?;
        tried.insert(block);
    }
    Ok(())
}

/// Blocks of dimensions that were equal to others in every run and explain an integer. One of them may have to move without
/// the others.
fn together(runs: &Runs<'_>) -> Result<Vec<Vec<Variable>>, ExportError> {
    let used = variables_in_integers(&runs.setup, &runs.samples)?;
    let mut blocks = Vec::new();
    for group in classes(&runs.setup, &runs.samples)? {
        if group.members.len() > 1 && group.members.iter().any(|variable| used.contains(variable)) {
            blocks.extend(parts(&group, |variable| runs.setup.arguments[variable.leaf()]));
        }
    }
    Ok(blocks)
}

/// Probes with these dimensions at another size, the same for all, and everything else as in the last run.
fn apart(runs: &mut Runs<'_>, block: &[Variable]) -> Result<(), ExportError> {
    let Some(before) = runs.samples.last().map(|last| last.sizes.clone()) else { return Ok(()) };
    for size in other_sizes(runs, block[0])? {
        let mut sizes = before.clone();
        block.iter().for_each(|variable| sizes.set(*variable, size));
        if let Ok(sample) = runs.trial(&sizes) {
            runs.samples.push(sample);
            return Ok(());
        }
    }
    Ok(())
}

/// Sizes for a dimension that the last run does not have: one with which another run succeeded, or else new ones.
fn other_sizes(runs: &mut Runs<'_>, variable: Variable) -> Result<Vec<i64>, ExportError> {
    let taken: Vec<i64> = runs.samples.last().iter().flat_map(|last| last.sizes.numbers()).collect();
    let mut shown = runs.samples.iter().filter_map(|run| run.sizes.get(variable));
    if let Some(size) = shown.rfind(|size| !taken.contains(size)) {
        return Ok(vec![size]);
    }
    let classes = classes(&runs.setup, &runs.samples)?;
    let Some(class) = classes.iter().find(|class| class.members.contains(&variable)) else { return Ok(Vec::new()) };
    let rounds = runs.round..runs.round + SIZES;
    runs.round = rounds.end;
    let dim = std::slice::from_ref(&class.dim);
    Ok(rounds.flat_map(|round| unlike_sizes(dim, &taken, round)).collect())
}

/// Parts of a group that may belong together: the dimensions of one argument and several halves; for a small group, every
/// part. A part and the rest of the group separate the same dimensions.
fn parts(group: &Class, argument: impl Fn(Variable) -> usize) -> Vec<Vec<Variable>> {
    let dims = &group.members;
    let mut parts: Vec<Vec<Variable>> = Vec::new();
    let mut add = |keep: &dyn Fn(usize, Variable) -> bool| {
        // The first dimension stays, since moving it alone separates the same dimensions as moving all others.
        let first = keep(0, dims[0]);
        let part: Vec<Variable> =
            dims.iter().enumerate().filter(|(i, dim)| keep(*i, **dim) != first).map(|(_, dim)| *dim).collect();
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
    for dim in dims {
        add(&|_, other| argument(other) == argument(*dim));
    }
    for bit in 0..usize::BITS - dims.len().leading_zeros() {
        add(&|i, _| i >> bit & 1 == 1);
    }
    parts
}
