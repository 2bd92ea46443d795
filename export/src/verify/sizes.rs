//! Sizes at which a program is compared with its model, besides those of the given sets.

use crate::probe::Runs;
use crate::resolve::Resolved;
use crate::variable::LeafSizes;

/// How many sizes that the export was not given are tried.
const UNSEEN: usize = 2;

/// How many sizes are considered.
const CANDIDATES: usize = 32;

/// So many elements always cost little.
const FEW_ELEMENTS: i64 = 1 << 16;

/// Sizes that are not among the given ones and that cost no more than these. The smallest come first.
pub(super) fn small(runs: &Runs<'_>, resolved: &Resolved, given: &[LeafSizes]) -> Vec<LeafSizes> {
    let most = given.iter().map(elements).max().unwrap_or_default().max(FEW_ELEMENTS);
    let affordable = |points: Vec<Vec<i64>>| -> Vec<LeafSizes> {
        let sizes = points.into_iter().filter_map(|point| resolved.domain.sizes(&point, &runs.example().sizes));
        sizes.filter(|sizes| !given.contains(sizes) && elements(sizes) <= most).collect()
    };
    let mut sizes = affordable(resolved.domain.small(CANDIDATES, 0));
    if sizes.is_empty() {
        sizes = affordable(resolved.domain.below(CANDIDATES));
    }
    // A size that is not in any given set proves more. Of the others, the very smallest often have a size of 0 somewhere
    // inside.
    let known = |sizes: &LeafSizes| given.iter().map(|set| set.in_common(sizes)).max().unwrap_or_default();
    sizes.sort_by_key(|sizes| (known(sizes), elements(sizes)));
    sizes.dedup();
    let equal = sizes.first().map(known);
    let alike = sizes.iter().take_while(|sizes| Some(known(sizes)) == equal).count();
    let skip = (alike / 4).min(alike.saturating_sub(UNSEEN));
    sizes.drain(..skip);
    sizes.truncate(UNSEEN);
    sizes
}

/// Sizes that are nowhere smaller than the example, and not much larger.
pub(super) fn larger(runs: &Runs<'_>, resolved: &Resolved) -> Vec<LeafSizes> {
    let given = |sizes: &LeafSizes| runs.sets().iter().any(|set| LeafSizes::of(&set.leaves) == *sizes);
    let points = resolved.domain.above(CANDIDATES);
    let sizes = points.into_iter().filter_map(|point| resolved.domain.sizes(&point, &runs.example().sizes));
    sizes.filter(|sizes| !given(sizes)).take(UNSEEN).collect()
}

/// How many elements the inputs have together.
fn elements(sizes: &LeafSizes) -> i64 {
    let of = |sizes: &[i64]| sizes.iter().fold(1_i64, |n, size| n.saturating_mul(*size));
    sizes.iter().flatten().map(of).fold(0, i64::saturating_add)
}
