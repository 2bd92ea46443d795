//! What a cache asks of a tensor.

use crate::{Sizes, TensorMeta};

/// A cache cannot take these keys and values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// Layers are filled in order.
    #[error("layer {layer} cannot be updated: the cache has {layers} layers, and the next one is layer {layers}")]
    NoLayer {
        /// The layer that was asked for.
        layer: usize,
        /// How many there are.
        layers: usize,
    },
    /// A layer of fixed length is written at a position, one that grows is not.
    #[error("a layer of fixed length is written at a position: use `update_at`, and `update` for a layer that grows")]
    Position,
    /// States have too few dimensions, or a dimension that does not exist is asked for.
    #[error("a tensor of {rank} dimensions has no dimension {dim}")]
    Rank {
        /// How many dimensions there are.
        rank: usize,
        /// The dimension, counted from the end when negative.
        dim: i64,
    },
    /// Two tensors do not fit together.
    #[error("{first} and {second} cannot be joined along dimension {dim}: all else has to be equal")]
    Join {
        /// The first tensor.
        first: String,
        /// The second.
        second: String,
        /// The dimension, counted from the end when negative.
        dim: i64,
    },
    /// A part that is not inside of a tensor.
    #[error("{start}..{end} is not inside of the {size} positions of the tensor")]
    Range {
        /// Where the part starts.
        start: i64,
        /// Where it ends.
        end: i64,
        /// How many there are.
        size: i64,
    },
    /// The tensor library failed.
    #[error("{0}")]
    Tensor(String),
}

/// A tensor that a cache can hold: joined, cut and written along a dimension, which may be counted from the end.
#[diagnostic::on_unimplemented(
    message = "a cache cannot join `{Self}`s",
    label = "implement `CacheTensor` for this tensor type",
    note = "it is there for `TensorMeta` and, with the feature `tch`, for `tch::Tensor`"
)]
pub trait CacheTensor: Sized {
    /// What the tensor is without its data.
    fn meta(&self) -> TensorMeta;

    /// Its sizes alone.
    fn sizes(&self) -> Sizes {
        self.meta().sizes
    }

    /// Another handle to the same data.
    #[must_use]
    fn alias(&self) -> Self;

    /// This tensor and another, joined along `dim` (`torch.cat`).
    ///
    /// # Errors
    /// When the tensors do not fit together.
    fn cat(&self, other: &Self, dim: i64) -> Result<Self, CacheError>;

    /// `length` positions of `dim` from `start` on (`torch.narrow`).
    ///
    /// # Errors
    /// When the part is not inside of the tensor.
    fn narrow(&self, dim: i64, start: i64, length: i64) -> Result<Self, CacheError>;

    /// Writes `source` into this tensor along `dim` from `start` on (`index_copy_`).
    ///
    /// # Errors
    /// When the source does not fit.
    fn write(&mut self, dim: i64, start: i64, source: &Self) -> Result<(), CacheError>;
}

/// The position of a dimension that may be counted from the end.
fn position(rank: usize, dim: i64) -> Result<usize, CacheError> {
    let from_start = if dim < 0 { dim + rank as i64 } else { dim };
    usize::try_from(from_start).ok().filter(|i| *i < rank).ok_or(CacheError::Rank { rank, dim })
}

/// How many positions `dim` has.
pub(super) fn length<T: CacheTensor>(tensor: &T, dim: i64) -> Result<i64, CacheError> {
    let sizes = tensor.sizes();
    Ok(sizes[position(sizes.len(), dim)?])
}

/// The part of a tensor that is asked for, checked.
fn part<T: CacheTensor>(tensor: &T, dim: i64, start: i64, length: i64) -> Result<(), CacheError> {
    let (size, end) = (self::length(tensor, dim)?, start.saturating_add(length));
    if start < 0 || length < 0 || end > size { Err(CacheError::Range { start, end, size }) } else { Ok(()) }
}

/// Whether two tensors differ in their length along `dim` alone; the error says what they are.
fn joinable<T: CacheTensor>(first: &T, second: &T, dim: i64) -> Result<usize, CacheError> {
    let (first, second) = (first.meta(), second.meta());
    let at = position(first.rank(), dim)?;
    let (mut sizes, mut others) = (first.sizes.clone(), second.sizes.clone());
    if sizes.len() == others.len() {
        (sizes[at], others[at]) = (0, 0);
    }
    if sizes != others || first.dtype != second.dtype || first.device != second.device {
        return Err(CacheError::Join { first: first.to_string(), second: second.to_string(), dim });
    }
    Ok(at)
}

impl CacheTensor for TensorMeta {
    fn meta(&self) -> TensorMeta {
        self.clone()
    }

    fn alias(&self) -> Self {
        self.clone()
    }

    fn cat(&self, other: &Self, dim: i64) -> Result<Self, CacheError> {
        let at = joinable(self, other, dim)?;
        let mut joined = self.clone();
        joined.sizes[at] += other.sizes[at];
        Ok(joined)
    }

    fn narrow(&self, dim: i64, start: i64, length: i64) -> Result<Self, CacheError> {
        part(self, dim, start, length)?;
        let mut narrow = self.clone();
        narrow.sizes[position(self.rank(), dim)?] = length;
        Ok(narrow)
    }

    fn write(&mut self, dim: i64, start: i64, source: &Self) -> Result<(), CacheError> {
        joinable(self, source, dim)?;
        part(self, dim, start, length(source, dim)?)
    }
}

#[cfg(feature = "tch")]
impl CacheTensor for tch::Tensor {
    fn meta(&self) -> TensorMeta {
        <crate::Tch as crate::DescribeTensor>::describe(self)
    }

    fn sizes(&self) -> Sizes {
        <crate::Tch as crate::DescribeTensor>::sizes(self)
    }

    fn alias(&self) -> Self {
        self.shallow_clone()
    }

    fn cat(&self, other: &Self, dim: i64) -> Result<Self, CacheError> {
        joinable(self, other, dim)?;
        tch::Tensor::f_cat(&[self, other], dim).map_err(|e| CacheError::Tensor(e.to_string()))
    }

    fn narrow(&self, dim: i64, start: i64, length: i64) -> Result<Self, CacheError> {
        part(self, dim, start, length)?;
        self.f_narrow(dim, start, length).map_err(|e| CacheError::Tensor(e.to_string()))
    }

    fn write(&mut self, dim: i64, start: i64, source: &Self) -> Result<(), CacheError> {
        joinable(self, source, dim)?;
        CacheTensor::narrow(self, dim, start, length(source, dim)?)?
            .f_copy_(source)
            .map_err(|e| CacheError::Tensor(e.to_string()))
    }
}
