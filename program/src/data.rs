//! Tensors as bytes, as a program and its file hold them.

use crate::graph::NodeValue;
use crate::pt2::Mapping;
use pytree_core::TensorType;
use std::any::Any;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use symbolic::Expr;

/// The bytes of a storage (`tensor.untyped_storage()`), in little-endian order. The tensors that view it share them.
///
/// The storages of a program that [`load`](crate::ExportedProgram::load) read are parts of the file: they are read when they
/// are used, and their checksums are checked by [`verify`](Storage::verify) and when they are saved.
#[derive(Clone)]
pub struct Storage {
    whole: Whole,
    range: Range<usize>,
    /// The CRC-32 that a file gives for the bytes.
    checksum: Option<u32>,
}

/// What a storage is a part of.
#[derive(Clone)]
enum Whole {
    Owned(Arc<[u8]>),
    Mapped(Arc<Mapping>),
    Held(Arc<dyn StorageOwner>),
}

/// Something that holds the bytes of a storage, such as a tensor of a library. They never change.
pub trait StorageOwner: Any + Send + Sync {
    /// The bytes: the same ones in every call.
    fn as_bytes(&self) -> &[u8];
}

/// The bytes of a storage are not those that were written to the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the checksum of the bytes is {found:08x}, not {expected:08x}; the file is damaged, write or copy it again")]
pub struct ChecksumError {
    /// The CRC-32 in the file.
    pub expected: u32,
    /// The CRC-32 of the bytes.
    pub found: u32,
}

impl Storage {
    /// A storage of these bytes.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        Storage { range: 0..bytes.len(), whole: Whole::Owned(bytes), checksum: None }
    }

    /// A storage of bytes that something else holds.
    pub fn held_by(owner: Arc<dyn StorageOwner>) -> Self {
        Storage { range: 0..owner.as_bytes().len(), whole: Whole::Held(owner), checksum: None }
    }

    /// What holds the bytes, if it is of this type.
    pub fn holder<T: StorageOwner>(&self) -> Option<&T> {
        let Whole::Held(owner) = &self.whole else { return None };
        let any: &dyn Any = owner.as_ref();
        any.downcast_ref()
    }

    /// The storage of a whole mapped file.
    pub(crate) fn mapped(file: Mapping) -> Self {
        Storage { range: 0..file.len(), whole: Whole::Mapped(Arc::new(file)), checksum: None }
    }

    /// A part of this storage, if it is in bounds.
    pub(crate) fn part(&self, range: Range<usize>, checksum: Option<u32>) -> Option<Self> {
        let start = self.range.start.checked_add(range.start)?;
        let end = self.range.start.checked_add(range.end)?;
        (start <= end && end <= self.range.end).then(|| Storage {
            whole: self.whole.clone(),
            range: start..end,
            checksum,
        })
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        let whole: &[u8] = match &self.whole {
            Whole::Owned(bytes) => bytes,
            Whole::Mapped(file) => file,
            Whole::Held(owner) => owner.as_bytes(),
        };
        // Every constructor keeps the range in bounds.
        whole.get(self.range.clone()).unwrap_or_default()
    }

    /// Whether both are the same storage, and not only equal.
    pub fn same(&self, other: &Storage) -> bool {
        let same = match (&self.whole, &other.whole) {
            (Whole::Owned(a), Whole::Owned(b)) => Arc::ptr_eq(a, b),
            (Whole::Mapped(a), Whole::Mapped(b)) => Arc::ptr_eq(a, b),
            (Whole::Held(a), Whole::Held(b)) => Arc::ptr_eq(a, b),
            _ => false,
        };
        same && self.range == other.range
    }

    /// Checks the bytes against the checksum of the file that they are from. A storage that is not from a file has none.
    ///
    /// # Errors
    /// [`ChecksumError`] when the bytes are others than those that were written.
    pub fn verify(&self) -> Result<(), ChecksumError> {
        let Some(expected) = self.checksum else { return Ok(()) };
        let found = crc32fast::hash(self.as_bytes());
        if found == expected { Ok(()) } else { Err(ChecksumError { expected, found }) }
    }

    /// An identity for tables: the place of the first byte in memory, and the length.
    pub(crate) fn identity(&self) -> (usize, usize) {
        let whole = match &self.whole {
            Whole::Owned(bytes) => bytes.as_ptr(),
            Whole::Mapped(file) => file.as_ptr(),
            Whole::Held(owner) => owner.as_bytes().as_ptr(),
        };
        ((whole as usize).wrapping_add(self.range.start), self.range.len())
    }
}

impl PartialEq for Storage {
    fn eq(&self, other: &Self) -> bool {
        self.same(other) || self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Storage {}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Storage({} bytes)", self.range.len())
    }
}

/// A tensor with its data.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TensorData {
    /// Its type. The data is in main memory, even if the device is another one.
    pub tensor: TensorType,
    /// Whether it is a parameter (`torch.nn.Parameter`).
    pub is_parameter: bool,
    /// Its whole storage.
    pub storage: Storage,
}

impl TensorData {
    /// A tensor on this storage.
    pub fn new(tensor: TensorType, is_parameter: bool, storage: Storage) -> Self {
        TensorData { tensor, is_parameter, storage }
    }

    /// The bytes of the elements in the order of a contiguous tensor.
    ///
    /// Elements outside of the storage are left out; a tensor that [`check`](crate::ExportedProgram::check) passes has none.
    pub fn contiguous_bytes(&self) -> Vec<u8> {
        let (sizes, strides) = (&self.tensor.sizes, &self.tensor.strides);
        let (bytes, width) = (self.storage.as_bytes(), self.tensor.dtype.size());
        let mut out = Vec::new();
        if sizes.iter().any(|size| *size < 1) {
            return out;
        }
        let mut index = vec![0_i64; sizes.len()];
        let mut at = self.tensor.storage_offset;
        loop {
            let start = usize::try_from(at).ok().and_then(|at| at.checked_mul(width));
            out.extend_from_slice(
                start.and_then(|start| bytes.get(start..start.checked_add(width)?)).unwrap_or_default(),
            );
            // The next element: the last dimension that is not at its end moves on.
            let mut dim = sizes.len();
            loop {
                let Some(next) = dim.checked_sub(1) else { return out };
                dim = next;
                let (Some(position), Some(size), Some(stride)) = (index.get_mut(dim), sizes.get(dim), strides.get(dim))
                else {
                    return out;
                };
                *position += 1;
                at = at.saturating_add(*stride);
                if *position < *size {
                    break;
                }
                at = at.saturating_sub(stride.saturating_mul(*size));
                *position = 0;
            }
        }
    }

    /// The value of a placeholder for this tensor: its type without the data.
    pub fn value(&self) -> NodeValue {
        NodeValue::Tensor(self.tensor.map(|n| Expr::int(*n)))
    }
}

/// An object of a program that is not a tensor: a pickle, which is kept and never read.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Pickled {
    /// The kind of its member in a file: `opaque_obj`, `custom_obj`, `weight` or `tensor`.
    pub prefix: String,
    /// Whether it is a parameter.
    pub is_parameter: bool,
    /// The bytes of the pickle.
    pub bytes: Storage,
}
