//! Which sizes to try.

use symbolic::{Bound, ValueRange};

/// A dynamic dimension of an input, or several that move together: its size in the example and its range.
#[derive(Clone, Debug)]
pub(crate) struct DynamicDim {
    pub(crate) example: i64,
    pub(crate) range: ValueRange,
}

/// The largest number of elements of an input tensor in a probe, and the largest size that is probed.
pub(crate) const ELEMENT_CAP: i64 = 1 << 22;

/// Sizes that differ from each other and from those that a model is likely to contain as constants.
const PRIMES: [i64; 46] = [
    5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
    127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193, 197, 199, 211, 223,
];

/// Numbers by which models often need a size to be divisible.
const FACTORS: [i64; 7] = [2, 4, 6, 8, 12, 16, 64];

/// The sizes that a round tries first. Rounds alternate between primes, small numbers and multiples of common factors, so
/// that some round suits many dimensions, a divisibility or a large range. Each round has its own order: in a regular one,
/// two dimensions would have the same distance in every run and seem related.
fn pool(round: usize) -> Vec<i64> {
    let turn = round / 3;
    let mut pool = match round % 3 {
        // The cost of a run grows with products of sizes, so small ones are preferred.
        0 => PRIMES[..16].to_vec(),
        1 => (3..=24).collect(),
        _ => (2..=12).map(|n| n * FACTORS[turn % FACTORS.len()]).filter(|size| *size <= 192).collect(),
    };
    // A Fisher-Yates shuffle with a fixed seed, so that an export is reproducible.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(round as u64 + 1);
    for last in (1..pool.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        pool.swap(last, (state % (last as u64 + 1)) as usize);
    }
    pool
}

/// A size for every dimension, different from each other, from the example and from `taken` as far as the ranges allow.
/// Each `round` gives other sizes.
pub(crate) fn unlike_sizes(dims: &[DynamicDim], taken: &[i64], round: usize) -> Vec<i64> {
    let mut used: Vec<i64> = taken.iter().copied().chain(dims.iter().map(|m| m.example)).collect();
    let mut sizes = Vec::with_capacity(dims.len());
    let pool = pool(round);
    for dim in dims {
        let (low, high) = bounds(&dim.range);
        let fits = |size: &i64| (low..=high).contains(size);
        let near = (low..=high).take(512);
        let mut free = pool.iter().copied().chain(PRIMES).chain(near.clone()).filter(fits);
        // A narrow range may contain no size that differs from all others; then one that differs from the example is used.
        let other = || near.clone().find(|size| *size != dim.example);
        let size = free.find(|size| !used.contains(size)).or_else(other).unwrap_or(dim.example);
        used.push(size);
        sizes.push(size);
    }
    sizes
}

/// The ends of a range as sizes to try: at least 2, since sizes 0 and 1 are specialised, and at most the cap.
pub(crate) fn bounds(range: &ValueRange) -> (i64, i64) {
    let end = |bound: Bound, open: i64| bound.finite().and_then(|v| i64::try_from(v).ok()).unwrap_or(open);
    let low = end(range.lower, 2).max(2);
    (low, end(range.upper, ELEMENT_CAP).clamp(low, ELEMENT_CAP.max(low)))
}
