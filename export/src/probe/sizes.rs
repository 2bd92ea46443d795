//! Which sizes to try.

use symbolic::{Bound, ValueRange};

/// A dynamic dimension of an input, or several that have to move together, with what is known of its size.
#[derive(Clone, Debug)]
pub(crate) struct DynamicDim {
    pub(crate) example: i64,
    pub(crate) range: ValueRange,
}

/// The most elements that a probe gives one input tensor; a range that is open or reaches beyond is probed up to here.
pub(crate) const ELEMENT_CAP: i64 = 1 << 22;

/// Sizes unlike each other and unlike those a model is likely to hold as constants.
const PRIMES: [i64; 46] = [
    5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
    127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193, 197, 199, 211, 223,
];

/// Factors that models ask a size to be divisible by.
const FACTORS: [i64; 7] = [2, 4, 6, 8, 12, 16, 64];

/// The sizes that a round tries first: rounds go through primes, small numbers, and multiples of common factors in turn, so
/// that some round suits many dimensions, a divisibility or a large range. Each in an order of its own: in a regular one two
/// dimensions would lie equally far apart in every run, and be taken for related.
fn pool(round: usize) -> Vec<i64> {
    let turn = round / 3;
    let mut pool = match round % 3 {
        // The work of a run grows with a product of sizes, so they stay small where there is a choice.
        0 => PRIMES[..16].to_vec(),
        1 => (3..=24).collect(),
        _ => (2..=12).map(|n| n * FACTORS[turn % FACTORS.len()]).filter(|size| *size <= 192).collect(),
    };
    // Fisher and Yates, with a generator that always starts alike: an export is the same every time.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(round as u64 + 1);
    for last in (1..pool.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        pool.swap(last, (state % (last as u64 + 1)) as usize);
    }
    pool
}

/// Sizes for every dim dimension: different from each other, from the examples and from `taken` as far as the ranges
/// allow. Each `round` gives other sizes.
pub(crate) fn unlike_sizes(dims: &[DynamicDim], taken: &[i64], round: usize) -> Vec<i64> {
    let mut used: Vec<i64> = taken.iter().copied().chain(dims.iter().map(|m| m.example)).collect();
    let mut sizes = Vec::with_capacity(dims.len());
    let pool = pool(round);
    for dim in dims {
        let (low, high) = bounds(&dim.range);
        let fits = |size: &i64| (low..=high).contains(size);
        let near = (low..=high).take(512);
        let mut free = pool.iter().copied().chain(PRIMES).chain(near.clone()).filter(fits);
        // A narrow range may leave no size that is unlike all others; then one unlike the example has to do.
        let other = || near.clone().find(|size| *size != dim.example);
        let size = free.find(|size| !used.contains(size)).or_else(other).unwrap_or(dim.example);
        used.push(size);
        sizes.push(size);
    }
    sizes
}

/// The ends of a range as sizes to try: at least 2, since sizes 0 and 1 are another program, and at most the cap.
pub(crate) fn bounds(range: &ValueRange) -> (i64, i64) {
    let end = |bound: Bound, open: i64| bound.finite().and_then(|v| i64::try_from(v).ok()).unwrap_or(open);
    let low = end(range.lower, 2).max(2);
    (low, end(range.upper, ELEMENT_CAP).clamp(low, ELEMENT_CAP.max(low)))
}
