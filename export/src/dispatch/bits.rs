//! The conj and neg bits of tensors, which say that the memory holds the conjugate or the negative of the values.

use tch::Tensor;

use super::error::{DispatchError, first_line};
use super::tensor::{on_storage, storage_bytes, storage_from_bytes, tensor_type};

/// The bits of a tensor (`is_conj()`, `is_neg()`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Bits {
    conj: bool,
    neg: bool,
}

impl Bits {
    pub(crate) const NONE: Bits = Bits { conj: false, neg: false };

    pub(crate) fn of(tensor: &Tensor) -> Result<Self, DispatchError> {
        let bits = || Ok(Bits { conj: tensor.f_is_conj()?, neg: tensor.f_is_neg()? });
        bits().map_err(failed)
    }

    /// A view of the memory with these bits toggled: of a tensor that has them, the bare memory.
    pub(crate) fn toggled(self, tensor: &Tensor) -> Result<Tensor, DispatchError> {
        let toggle = || {
            let mut view = tensor.shallow_clone();
            if self.conj {
                view = view.f_conj()?;
            }
            if self.neg {
                view = view.f_internal_neg_view()?;
            }
            Ok(view)
        };
        tch::no_grad(toggle).map_err(failed)
    }

    /// The bytes that the storage of a tensor with these bits would have without them.
    pub(crate) fn resolved_storage(self, tensor: &Tensor) -> Result<Vec<u8>, DispatchError> {
        let mut bytes = storage_bytes(tensor)?;
        let dtype = tensor_type(tensor)?.dtype;
        let size = tensor.f_kind().map_err(failed)?.elt_size_in_bytes();
        let count = bytes.len().checked_div(size).unwrap_or(0);
        // All elements of the storage in one dimension, since elements of the tensor may overlap or have gaps.
        let flat = on_storage(&storage_from_bytes(&bytes)?, dtype, &[count as i64], &[1], 0)?;
        let resolve = || {
            let conjugated = if self.conj { flat.f_conj_physical()? } else { flat.shallow_clone() };
            if self.neg { conjugated.f_neg() } else { Ok(conjugated) }
        };
        let resolved = storage_bytes(&tch::no_grad(resolve).map_err(failed)?)?;
        for (byte, resolved) in bytes.iter_mut().zip(resolved) {
            *byte = resolved;
        }
        Ok(bytes)
    }
}

fn failed(error: tch::TchError) -> DispatchError {
    DispatchError::Tensor { message: first_line(&error.to_string()) }
}
