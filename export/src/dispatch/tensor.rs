//! Tensors as memory: copies, identity, whole storages.
//!
//! None of these functions is recorded, and none tracks gradients.

use tch::Tensor;

use super::bits::Bits;
use super::error::DispatchError;
use super::ffi;
use super::wire::{Description, Reader, WireError};
use program::Storage;
use pytree_core::{DType, TensorType};
use std::sync::Arc;

/// Storages of so many bytes are kept and not copied.
const LARGE: usize = 1 << 16;

/// Identifies the memory of a tensor. Two live tensors with the same id share their memory (tied weights, views).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StorageId(u64);

/// The type of a tensor: element type, sizes, strides and offset in elements, device, layout. The data is not read.
///
/// # Errors
/// [`DispatchError::Tensor`] for an undefined tensor, and for an element type, layout or device that a program cannot
/// hold.
pub fn tensor_type(tensor: &Tensor) -> Result<TensorType, DispatchError> {
    describe(tensor).map(|(description, _)| description.tensor)
}

/// The storage of a tensor; `None` for an undefined or sparse one.
///
/// # Errors
/// [`DispatchError::Tensor`] when PyTorch raises an error.
pub fn storage_id(tensor: &Tensor) -> Result<Option<StorageId>, DispatchError> {
    let (_, storage) = ffi::identity(tensor).map_err(DispatchError::tensor)?;
    Ok((storage != 0).then_some(StorageId(storage)))
}

/// Whether two handles are one tensor (`a is b` in Python): the same TensorImpl, not merely equal content.
///
/// # Errors
/// [`DispatchError::Tensor`] when PyTorch raises an error.
pub fn same_tensor(a: &Tensor, b: &Tensor) -> Result<bool, DispatchError> {
    let (a, _) = ffi::identity(a).map_err(DispatchError::tensor)?;
    let (b, _) = ffi::identity(b).map_err(DispatchError::tensor)?;
    Ok(a == b)
}

/// Whether two tensors have the same element type, device, sizes, strides, bits and bytes, so that no op can tell them apart.
pub(crate) fn same_content(a: &Tensor, b: &Tensor) -> Result<bool, DispatchError> {
    ffi::same_content(a, b).map_err(DispatchError::tensor)
}

/// Identifies a tensor while it lives: two handles of one TensorImpl have the same id.
pub(crate) fn tensor_id(tensor: &Tensor) -> Result<u64, DispatchError> {
    ffi::identity(tensor).map(|(id, _)| id).map_err(DispatchError::tensor)
}

/// A copy with its own memory and the same sizes, strides, content, bits (`is_conj()`, `is_neg()`) and `requires_grad`. It is
/// a leaf of the autograd graph.
///
/// # Errors
/// [`DispatchError::Tensor`] when PyTorch raises an error.
pub fn deep_copy(tensor: &Tensor) -> Result<Tensor, DispatchError> {
    let bits = Bits::of(tensor)?;
    if bits == Bits::NONE {
        return ffi::deep_copy(tensor).map_err(DispatchError::tensor);
    }
    let bare = ffi::deep_copy(&bits.toggled(tensor)?).map_err(DispatchError::tensor)?;
    Ok(bits.toggled(&bare)?.set_requires_grad(tensor.requires_grad()))
}

/// The bytes of the tensor's whole storage, in native byte order, copied from its device (`tensor.untyped_storage()`). A
/// `.pt2` file stores a weight as these bytes.
///
/// # Errors
/// [`DispatchError::Tensor`] for a tensor without a storage, and when PyTorch raises an error.
pub fn storage_bytes(tensor: &Tensor) -> Result<Vec<u8>, DispatchError> {
    let (_, len) = describe(tensor)?;
    ffi::storage_read(tensor, len).map_err(DispatchError::tensor)
}

/// A storage of a program with the bytes of the tensor's whole storage. Those of large ones are kept and not copied, if libtorch
/// can do that: they are copied when the tensor is written to.
///
/// # Errors
/// The same as [`storage_bytes`].
pub(crate) fn kept_storage(tensor: &Tensor) -> Result<Storage, DispatchError> {
    let large = storage_len(tensor)? >= LARGE;
    match large.then(|| ffi::KeptStorage::of(tensor)) {
        Some(Ok(kept)) => Ok(Storage::held_by(Arc::new(kept))),
        Some(Err(_)) | None => storage_bytes(tensor).map(Storage::new),
    }
}

/// A `uint8` tensor with the bytes of a storage of a program: copied, or kept as they are.
///
/// # Errors
/// [`DispatchError::Tensor`] when PyTorch raises an error.
pub(crate) fn storage_tensor(storage: &Storage) -> Result<Tensor, DispatchError> {
    match storage.holder::<ffi::KeptStorage>() {
        Some(kept) => kept.lazily().map_err(DispatchError::tensor),
        None => storage_from_bytes(storage.as_bytes()),
    }
}

/// The length of the tensor's whole storage in bytes (`tensor.untyped_storage().nbytes()`).
pub(crate) fn storage_len(tensor: &Tensor) -> Result<usize, DispatchError> {
    describe(tensor).map(|(_, len)| len)
}

/// A one-dimensional `uint8` CPU tensor on a new storage with a copy of `bytes`. [`on_storage`] makes typed tensors of it.
///
/// # Errors
/// [`DispatchError::Tensor`] when PyTorch raises an error.
pub fn storage_from_bytes(bytes: &[u8]) -> Result<Tensor, DispatchError> {
    ffi::storage_new(bytes).map_err(DispatchError::tensor)
}

/// A tensor that shares the storage of `base` (`torch.as_strided` on the untyped storage). `sizes`, `strides` and
/// `storage_offset` count elements of `dtype`.
///
/// # Errors
/// [`DispatchError::Tensor`] for a geometry that reaches outside the storage, for negative numbers, and for sizes and
/// strides of different lengths.
pub fn on_storage(
    base: &Tensor,
    dtype: DType,
    sizes: &[i64],
    strides: &[i64],
    storage_offset: i64,
) -> Result<Tensor, DispatchError> {
    let number = dtype
        .to_libtorch()
        .ok_or_else(|| DispatchError::Tensor { message: format!("libtorch has no element type {dtype}") })?;
    ffi::storage_view(base, number, sizes, strides, storage_offset).map_err(DispatchError::tensor)
}

/// The description of a tensor, and the size of its storage in bytes.
fn describe(tensor: &Tensor) -> Result<(Description, usize), DispatchError> {
    let bytes = ffi::describe(tensor).map_err(DispatchError::tensor)?;
    let mut reader = Reader::new(&bytes);
    let mut read = || -> Result<_, WireError> { Ok((reader.description()?, reader.index()?)) };
    read().map_err(|e| DispatchError::Tensor { message: e.to_string() })
}

#[cfg(test)]
mod tests {
    use super::{DType, ffi};
    use tch::{Device, Kind, Tensor};

    /// No number of an element type and no geometry ends the process: each is a tensor inside the storage, or an error.
    #[test]
    #[allow(clippy::unwrap_used, reason = "a test")]
    fn any_number_is_a_tensor_or_an_error() {
        let base = ffi::storage_new(&[0; 64]).unwrap();
        let mut known = 0;
        for dtype in (-4..300).chain([i64::MIN, i64::from(i32::MIN), i64::from(i32::MAX), i64::MAX]) {
            if let Ok(tensor) = ffi::storage_view(&base, dtype, &[1], &[1], 0) {
                assert_eq!(tensor.size(), [1], "{dtype}");
                known += 1;
            }
        }
        assert!((15..80).contains(&known), "{known} element types");
        let float = DType::Float32.to_libtorch().unwrap();
        let numbers = [i64::MIN, -1, 0, 1, 4, 5, 1 << 31, 1 << 32, 1 << 62, i64::MAX];
        for size in numbers {
            for stride in numbers {
                for offset in numbers {
                    for (sizes, strides) in [(vec![size], vec![stride]), (vec![size; 4], vec![stride; 4])] {
                        if let Ok(tensor) = ffi::storage_view(&base, float, &sizes, &strides, offset) {
                            let last: i128 =
                                sizes.iter().zip(&strides).map(|(n, s)| i128::from(n - 1) * i128::from(*s)).sum();
                            let inside = sizes.contains(&0) || (last + i128::from(offset) + 1) * 4 <= 64;
                            assert!(inside, "{sizes:?} {strides:?} {offset}");
                            drop(tensor);
                        }
                    }
                }
            }
        }
        assert_eq!(ffi::storage_read(&base, 64).unwrap().len(), 64, "the storage did not grow");
        assert!(ffi::sizes(&Tensor::new()).is_none());
        let sparse = Tensor::ones([2, 2], (Kind::Float, Device::Cpu)).to_sparse(None, None::<&[i64]>, None);
        let _ = (ffi::sizes(&sparse), ffi::describe(&sparse));
    }
}
