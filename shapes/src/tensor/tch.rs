//! The tools on `tch` tensors.

use super::{MakeTensor, Number, TensorError, TensorSummary, TensorValues};
use pytree_core::Tch;
use tch::{Device, Kind, TchError, Tensor, no_grad};

impl MakeTensor for Tch {
    fn copied(tensor: &Tensor) -> Result<Tensor, TensorError> {
        let mut copied = tensor.f_zeros_like().map_err(TensorError::new)?;
        no_grad(|| copied.f_copy_(tensor)).map_err(TensorError::new)?;
        Ok(copied)
    }

    fn zeros(tensor: &Tensor, sizes: &[i64]) -> Result<Tensor, TensorError> {
        Tensor::f_zeros(sizes, (tensor.f_kind().map_err(TensorError::new)?, tensor.device())).map_err(TensorError::new)
    }

    fn tiled(tensor: &Tensor, sizes: &[i64]) -> Result<Tensor, TensorError> {
        let mut tiled = Self::copied(tensor)?;
        for (dim, (old, new)) in (0_i64..).zip(tensor.size().into_iter().zip(sizes)) {
            if old != *new {
                let index = Tensor::f_arange(*new, (Kind::Int64, tensor.device())).map_err(TensorError::new)?;
                let index = if old > 0 { index.f_remainder(old).map_err(TensorError::new)? } else { index };
                tiled = tiled.f_index_select(dim, &index).map_err(TensorError::new)?;
            }
        }
        Ok(tiled)
    }
}

impl TensorValues for Tch {
    fn values(tensor: &Tensor) -> Result<Vec<f64>, TensorError> {
        no_grad(|| {
            let real = match tensor.f_kind()? {
                Kind::ComplexHalf | Kind::ComplexFloat | Kind::ComplexDouble => tensor.f_view_as_real()?,
                _ => tensor.f_detach()?,
            };
            let flat = real.f_to_device(Device::Cpu)?.f_to_kind(Kind::Double)?.f_contiguous()?.f_view([-1])?;
            Vec::<f64>::try_from(&flat)
        })
        .map_err(TensorError::new)
    }

    fn summary(tensor: &Tensor) -> Result<TensorSummary, TensorError> {
        no_grad(|| summary(tensor)).map_err(TensorError::new)
    }
}

fn summary(tensor: &Tensor) -> Result<TensorSummary, TchError> {
    let kind = tensor.f_kind()?;
    if tensor.numel() == 0 {
        return Ok(TensorSummary::Empty);
    }
    let complex = matches!(kind, Kind::ComplexHalf | Kind::ComplexFloat | Kind::ComplexDouble);
    if tensor.dim() == 0 && complex {
        let parts = tensor.f_view_as_real()?;
        return Ok(TensorSummary::Scalar(Number::Complex(parts.f_double_value(&[0])?, parts.f_double_value(&[1])?)));
    }
    if tensor.dim() == 0 {
        return Ok(TensorSummary::Scalar(number(tensor, kind)?));
    }
    let real = if complex { tensor.f_abs()? } else { tensor.f_detach()? };
    let kind = real.f_kind()?;
    // Torch has no minimum of bools; as numbers they have one.
    let ordered = if kind == Kind::Bool { real.f_to_kind(Kind::Uint8)? } else { real.shallow_clone() };
    // Python asks for the mean in double precision, but of absolute values in their own.
    let precision = if complex { kind } else { Kind::Double };
    let mean = real.f_to_kind(precision)?.f_mean(precision)?.f_double_value(&[])?;
    let nans = usize::try_from(real.f_isnan()?.f_sum(Kind::Int64)?.f_int64_value(&[])?).unwrap_or(0);
    if nans > 0 && complex {
        return Err(TchError::Kind("a complex tensor with nans has no range; torch fails as well".to_owned()));
    }
    Ok(TensorSummary::Range {
        min: number(&ordered.f_min()?, kind)?,
        max: number(&ordered.f_max()?, kind)?,
        mean,
        nans,
    })
}

/// The one value of a tensor, as the Python number that `item` gives for this element type.
fn number(scalar: &Tensor, kind: Kind) -> Result<Number, TchError> {
    Ok(match kind {
        Kind::Bool => Number::Bool(scalar.f_int64_value(&[])? != 0),
        Kind::Uint8 | Kind::Int8 | Kind::Int16 | Kind::Int | Kind::Int64 => Number::Int(scalar.f_int64_value(&[])?),
        _ => Number::Float(scalar.f_double_value(&[])?),
    })
}
