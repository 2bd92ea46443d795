//! Inputs with other values, for a check that the values of the example would make too easy.

use crate::ExportError;
use crate::dispatch::{DispatchError, deep_copy, first_line, on_storage, storage_id, storage_len, tensor_type};
use crate::model::Leaves;
use pytree_core::{Leaf, Tch};
use tch::{Kind, Tensor};

/// Whether the values of some float or complex input say little: all of them are equal or NaN.
pub(super) fn say_little(inputs: &Leaves) -> bool {
    let monotonous = |leaf: &Leaf<Tch>| match leaf {
        Leaf::Tensor(tensor) => tch::no_grad(|| is_monotonous(tensor)).unwrap_or(false),
        _ => false,
    };
    inputs.leaves.iter().any(monotonous)
}

fn is_monotonous(tensor: &Tensor) -> Result<bool, tch::TchError> {
    if !is_inexact(tensor)? || tensor.numel() == 0 || tensor.is_sparse() {
        return Ok(false);
    }
    let tensor = tensor.f_resolve_conj()?.f_resolve_neg()?;
    if tensor.f_is_complex()? {
        // A part that is always zero says nothing about its sign.
        return Ok(is_monotonous(&tensor.f_real()?)? || is_monotonous(&tensor.f_imag()?)?);
    }
    let values = tensor.f_to_kind(Kind::Double)?.f_reshape(-1)?;
    let first = values.f_narrow(0, 0, 1)?;
    let same = values.f_eq_tensor(&first)?.f_logical_or(&values.f_isnan()?)?;
    let same = same.f_all()?.f_int64_value(&[])? != 0;
    // One number is monotonous only if it is zero or NaN.
    let number = first.f_double_value(&[0])?;
    Ok(same && (values.numel() > 1 || number == 0.0 || number.is_nan()))
}

/// The inputs with other floats, of both signs and around one. Integers and bools keep their values, so that indices stay
/// valid. The memory layout is that of the inputs.
pub(super) fn varied(inputs: &Leaves) -> Result<Leaves, ExportError> {
    inputs.map(|at, tensor| Ok(tch::no_grad(|| varied_tensor(at, tensor))?), |_, v| v)
}

fn varied_tensor(at: usize, tensor: &Tensor) -> Result<Tensor, DispatchError> {
    let failed = |e: tch::TchError| DispatchError::Tensor { message: first_line(&e.to_string()) };
    let copy = deep_copy(tensor)?;
    if !is_inexact(tensor).map_err(failed)? || storage_id(&copy)?.is_none() {
        return Ok(copy);
    }
    // All elements of the memory, since those of the tensor may overlap.
    let known = tensor_type(tensor)?;
    let count = storage_len(&copy)?.checked_div(known.dtype.size()).unwrap_or(0) as i64;
    let mut flat = on_storage(&copy, known.dtype, &[count], &[1], 0)?;
    let parts = |from: f64| values(count, from, &flat);
    let made = if flat.f_is_complex().map_err(failed)? {
        let (re, im) = (parts(0.3 + at as f64).map_err(failed)?, parts(0.8 + at as f64).map_err(failed)?);
        Tensor::f_complex(&re, &im).map_err(failed)?
    } else {
        parts(at as f64).map_err(failed)?
    };
    flat.f_copy_(&made).map_err(failed)?;
    Ok(copy)
}

/// Numbers between -1.5 and 1.5 that never repeat: multiples of an irrational number without their integer part. Random
/// numbers would change those that the caller draws next.
fn values(count: i64, from: f64, like: &Tensor) -> Result<Tensor, tch::TchError> {
    let multiples = Tensor::f_arange(count, (Kind::Double, like.device()))?.f_add_scalar(1.0 + from)?;
    multiples.f_mul_scalar(0.754_877_666_246_692_7)?.f_frac()?.f_mul_scalar(3.0)?.f_sub_scalar(1.5)
}

/// Whether the elements are floats or complex numbers, which can be replaced by any others.
fn is_inexact(tensor: &Tensor) -> Result<bool, tch::TchError> {
    Ok(tensor.f_is_floating_point()? || tensor.f_is_complex()?)
}
