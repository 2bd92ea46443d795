//! Which sizes to try, and inputs of those sizes.

use crate::ExportError;
use symbolic::ValueRange;
use tch::Tensor;

/// A dynamic dimension of an input, or several that have to move together, with what is known of its size.
#[derive(Clone, Debug)]
pub(crate) struct Movable {
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

/// Sizes for every movable dimension: different from each other, from the examples and from `taken` as far as the ranges
/// allow. Each `round` gives other sizes.
pub(crate) fn unlike_sizes(movables: &[Movable], taken: &[i64], round: usize) -> Vec<i64> {
    let mut used: Vec<i64> = taken.iter().copied().chain(movables.iter().map(|m| m.example)).collect();
    let mut sizes = Vec::with_capacity(movables.len());
    let pool = pool(round);
    for movable in movables {
        let (low, high) = bounds(&movable.range);
        let fits = |size: &i64| (low..=high).contains(size);
        let near = (low..=high).take(512);
        let mut free = pool.iter().copied().chain(PRIMES).chain(near.clone()).filter(fits);
        // A narrow range may leave no size that is unlike all others; then one unlike the example has to do.
        let other = || near.clone().find(|size| *size != movable.example);
        let size = free.find(|size| !used.contains(size)).or_else(other).unwrap_or(movable.example);
        used.push(size);
        sizes.push(size);
    }
    sizes
}

/// The ends of a range as sizes to try: at least 2, since sizes 0 and 1 are another program, and at most the cap.
pub(crate) fn bounds(range: &ValueRange) -> (i64, i64) {
    let end = |bound: symbolic::Bound, open: i64| bound.finite().and_then(|v| i64::try_from(v).ok()).unwrap_or(open);
    let low = end(range.lower, 2).max(2);
    (low, end(range.upper, ELEMENT_CAP).clamp(low, ELEMENT_CAP.max(low)))
}

/// `tensor` tiled, or cut, to `sizes`: its values come from the example, so that indices stay valid. It lies in memory as
/// the example does.
pub(crate) fn tiled(tensor: &Tensor, sizes: &[i64]) -> Result<Tensor, ExportError> {
    let mut out = tensor.detach();
    for (dim, (&size, &have)) in sizes.iter().zip(&tensor.size()).enumerate() {
        if size == have {
            continue;
        }
        let dim = dim as i64;
        if have == 0 {
            let mut shape = out.size();
            shape[dim as usize] = size;
            out = out.f_new_zeros(&shape, (out.kind(), out.device())).map_err(probe_failed)?;
            continue;
        }
        let index = Tensor::f_arange(size, (tch::Kind::Int64, out.device())).map_err(probe_failed)?;
        let index = index.f_remainder(have).map_err(probe_failed)?;
        out = out.f_index_select(dim, &index).map_err(probe_failed)?;
    }
    laid_out_as(tensor, &out)
}

/// `values` in memory in the order in which `like` is: without gaps where it has none, with a gap where it has some.
/// A model that calls `contiguous` or `view` does another thing on another layout.
fn laid_out_as(like: &Tensor, values: &Tensor) -> Result<Tensor, ExportError> {
    let strides = like.stride();
    let mut order: Vec<i64> = (0..like.dim() as i64).collect();
    order.sort_by_key(|dim| std::cmp::Reverse(strides[*dim as usize]));
    let mut back = vec![0; order.len()];
    for (place, dim) in order.iter().enumerate() {
        back[*dim as usize] = place as i64;
    }
    let dense = like.f_permute(&order).map_err(probe_failed)?.is_contiguous();
    let mut ordered = values.f_permute(&order).and_then(|v| v.f_contiguous()).map_err(probe_failed)?;
    if let (false, Some(last)) = (dense, ordered.size().last()) {
        let padded = ordered.f_constant_pad_nd([0_i64, 1]).map_err(probe_failed)?;
        ordered = padded.f_narrow(-1, 0, *last).map_err(probe_failed)?;
    }
    ordered.f_permute(&back).map_err(probe_failed)
}

/// `tensor` with other values: reversed, and floats also scaled. Every value of an integer or bool tensor still comes from
/// the example, so that indices stay valid.
pub(crate) fn other_values(tensor: &Tensor) -> Result<Tensor, ExportError> {
    let dims: Vec<i64> = (0..tensor.dim() as i64).collect();
    let reversed = tensor.detach().f_flip(&dims).map_err(probe_failed)?;
    if !is_inexact(tensor).map_err(probe_failed)? {
        return laid_out_as(tensor, &reversed);
    }
    let other = |values: &Tensor| -> Result<Tensor, tch::TchError> {
        let moved = values.f_mul_scalar(0.75)?.f_add_scalar(0.125)?;
        // Moving has one fixed point, which a tensor may be full of.
        moved.f_where_self(&moved.f_ne_tensor(tensor)?, &moved.f_mul_scalar(0.5)?)
    };
    laid_out_as(tensor, &other(&reversed).map_err(probe_failed)?)
}

/// `tensor` with floats of the other sign and much larger; integers and bools as they are.
pub(crate) fn far_values(tensor: &Tensor) -> Result<Tensor, ExportError> {
    let far = |values: &Tensor| -> Result<Tensor, tch::TchError> {
        if !is_inexact(values)? {
            return Ok(values.shallow_clone());
        }
        values.f_mul_scalar(-1000.0)?.f_sub_scalar(1.0)
    };
    laid_out_as(tensor, &far(&tensor.detach()).map_err(probe_failed)?)
}

/// `tensor` with the values of an integer or bool tensor moved by one, downwards where that leaves none negative: for one
/// that is the same when reversed. A model may refuse such values; they need not be valid.
pub(crate) fn near_values(tensor: &Tensor) -> Result<Tensor, ExportError> {
    let near = |values: &Tensor| -> Result<Tensor, tch::TchError> {
        if values.f_kind()? == tch::Kind::Bool {
            return values.f_logical_not();
        }
        if values.numel() == 0 || is_inexact(values)? {
            return Ok(values.shallow_clone());
        }
        let lowest = i64::try_from(values.f_to_kind(tch::Kind::Int64)?.f_min()?)?;
        values.f_add_scalar(if lowest > 0 { -1 } else { 1 })
    };
    laid_out_as(tensor, &near(&tensor.detach()).map_err(probe_failed)?)
}

/// Whether the elements are floats or complex numbers: values for which any others are as good.
fn is_inexact(tensor: &Tensor) -> Result<bool, tch::TchError> {
    Ok(tensor.f_is_floating_point()? || tensor.f_is_complex()?)
}

fn probe_failed(error: tch::TchError) -> ExportError {
    let message = error.to_string();
    ExportError::Inputs(message.lines().next().unwrap_or_default().to_owned())
}
