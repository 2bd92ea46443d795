//! Inputs of other sizes, made from the example.

use crate::ExportError;
use crate::dispatch::tensor_type;
use tch::Tensor;

/// `values` tiled or cut to `sizes`. All values come from a given set, so indices stay valid. The memory layout is that of
/// the example.
pub(crate) fn tiled(example: &Tensor, values: &Tensor, sizes: &[i64]) -> Result<Tensor, ExportError> {
    let mut out = values.detach();
    for (dim, (&size, &have)) in sizes.iter().zip(&values.size()).enumerate() {
        if size == have {
            continue;
        }
        let dim = dim as i64;
        if have == 0 {
            let mut shape = out.size();
            shape[dim as usize] = size;
            out = out.f_new_zeros(&shape, (out.kind(), out.device())).map_err(ExportError::Inputs)?;
            continue;
        }
        let index = Tensor::f_arange(size, (tch::Kind::Int64, out.device())).map_err(ExportError::Inputs)?;
        let index = index.f_remainder(have).map_err(ExportError::Inputs)?;
        out = out.f_index_select(dim, &index).map_err(ExportError::Inputs)?;
    }
    laid_out_as(example, &out)
}

/// `values` with the memory layout of `like`: the same order of dimensions, and a gap if it has one. A model that calls
/// `contiguous` or `view` records other ops for another layout.
fn laid_out_as(like: &Tensor, values: &Tensor) -> Result<Tensor, ExportError> {
    let strides = tensor_type(like)?.strides;
    if strides.len() != like.dim() {
        // A sparse tensor has no strides.
        return Ok(values.shallow_clone());
    }
    let mut order: Vec<i64> = (0..like.dim() as i64).collect();
    order.sort_by_key(|dim| std::cmp::Reverse(strides[*dim as usize]));
    let mut back = vec![0; order.len()];
    for (place, dim) in order.iter().enumerate() {
        back[*dim as usize] = place as i64;
    }
    let dense = like.f_permute(&order).map_err(ExportError::Inputs)?.is_contiguous();
    let mut ordered = values.f_permute(&order).and_then(|v| v.f_contiguous()).map_err(ExportError::Inputs)?;
    if let (false, Some(last)) = (dense, ordered.size().last()) {
        let padded = ordered.f_constant_pad_nd([0_i64, 1]).map_err(ExportError::Inputs)?;
        ordered = padded.f_narrow(-1, 0, *last).map_err(ExportError::Inputs)?;
    }
    ordered.f_permute(&back).map_err(ExportError::Inputs)
}
