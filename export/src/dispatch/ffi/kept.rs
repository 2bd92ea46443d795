//! Bytes of storages that are kept without a copy.

use super::{ShimError, handle, make_tensor, tx_storage_keep};
use std::ptr;
use tch::Tensor;

/// The bytes of a storage as they were when they were kept (`torch._lazy_clone`). libtorch copies them when someone writes to
/// the storage they come from, so keeping them costs nothing until then.
#[derive(Debug)]
pub(crate) struct KeptStorage {
    /// A `uint8` tensor that has the bytes. Nobody else has it, and it is never written to.
    tensor: Tensor,
    bytes: *const u8,
    len: usize,
}

// SAFETY: the tensor is only read, and a handle may be used and dropped on any thread: its counts are atomic.
unsafe impl Send for KeptStorage {}
// SAFETY: as above.
unsafe impl Sync for KeptStorage {}

impl KeptStorage {
    /// Keeps the bytes of the tensor's whole storage.
    ///
    /// # Errors
    /// [`ShimError`] for a storage that libtorch cannot keep: foreign memory, another device.
    pub(crate) fn of(tensor: &Tensor) -> Result<Self, ShimError> {
        let (mut bytes, mut len) = (ptr::null(), 0);
        // SAFETY: a live tensor, and places for the results.
        let kept = make_tensor(|out, error| unsafe {
            tx_storage_keep(handle(tensor), out, &raw mut bytes, &raw mut len, error)
        })?;
        Ok(KeptStorage { tensor: kept, bytes, len })
    }

    /// A `uint8` tensor with the same bytes, which may be written to: libtorch then copies them.
    ///
    /// # Errors
    /// [`ShimError`] when PyTorch raises an error.
    pub(crate) fn lazily(&self) -> Result<Tensor, ShimError> {
        Self::of(&self.tensor).map(|kept| kept.tensor)
    }
}

impl program::StorageOwner for KeptStorage {
    fn as_bytes(&self) -> &[u8] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: `tensor` has `len` bytes there for as long as it lives, and nobody writes to them: a write to memory that is
        // kept copies it first.
        unsafe { std::slice::from_raw_parts(self.bytes, self.len) }
    }
}
