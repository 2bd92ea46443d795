//! Inputs of other sizes and of other values, made from the example.

use crate::ExportError;
use tch::Tensor;

/// `tensor` tiled or cut to `sizes`. All values come from the example, so indices stay valid. The memory layout is that of
/// the example.
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
            out = out.f_new_zeros(&shape, (out.kind(), out.device())).map_err(ExportError::Inputs)?;
            continue;
        }
        let index = Tensor::f_arange(size, (tch::Kind::Int64, out.device())).map_err(ExportError::Inputs)?;
        let index = index.f_remainder(have).map_err(ExportError::Inputs)?;
        out = out.f_index_select(dim, &index).map_err(ExportError::Inputs)?;
    }
    laid_out_as(tensor, &out)
}

/// `values` with the memory layout of `like`: the same order of dimensions, and a gap if it has one. A model that calls
/// `contiguous` or `view` records other ops for another layout.
fn laid_out_as(like: &Tensor, values: &Tensor) -> Result<Tensor, ExportError> {
    let strides = like.stride();
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

/// `tensor` with other values: reversed, and floats also scaled. All values of an integer or bool tensor still come from
/// the example, so indices stay valid.
pub(crate) fn other_values(tensor: &Tensor) -> Result<Tensor, ExportError> {
    let dims: Vec<i64> = (0..tensor.dim() as i64).collect();
    let reversed = tensor.detach().f_flip(&dims).map_err(ExportError::Inputs)?;
    if !is_inexact(tensor).map_err(ExportError::Inputs)? {
        return laid_out_as(tensor, &reversed);
    }
    let other = |values: &Tensor| -> Result<Tensor, tch::TchError> {
        let moved = values.f_mul_scalar(0.75)?.f_add_scalar(0.125)?;
        // The map has one fixed point, and all elements may have that value.
        moved.f_where_self(&moved.f_ne_tensor(tensor)?, &moved.f_mul_scalar(0.5)?)
    };
    laid_out_as(tensor, &other(&reversed).map_err(ExportError::Inputs)?)
}

/// `tensor` with floats of the opposite sign and much larger; integers and bools are unchanged.
pub(crate) fn far_values(tensor: &Tensor) -> Result<Tensor, ExportError> {
    let far = |values: &Tensor| -> Result<Tensor, tch::TchError> {
        if !is_inexact(values)? {
            return Ok(values.shallow_clone());
        }
        values.f_mul_scalar(-1000.0)?.f_sub_scalar(1.0)
    };
    laid_out_as(tensor, &far(&tensor.detach()).map_err(ExportError::Inputs)?)
}

/// `tensor` with integers moved by one (downwards if none becomes negative) and bools negated, for a tensor that is the
/// same in reverse. The values may be invalid, and the model may reject them.
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
    laid_out_as(tensor, &near(&tensor.detach()).map_err(ExportError::Inputs)?)
}

/// Whether the elements are floats or complex numbers, which can be replaced by any others.
fn is_inexact(tensor: &Tensor) -> Result<bool, tch::TchError> {
    Ok(tensor.f_is_floating_point()? || tensor.f_is_complex()?)
}
