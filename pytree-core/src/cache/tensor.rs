//! What a cache needs of a tensor.

use crate::{Sizes, TensorMeta};

/// A cache cannot take these keys and values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// The layer does not exist and is not the next one: layers are added in order.
    #[error("layer {layer} cannot be updated: the cache has {layers} layers, and the next one is layer {layers}")]
    NoLayer {
        /// The index of the layer.
        layer: usize,
        /// How many layers the cache has.
        layers: usize,
    },
    /// The update is of the other kind: a layer of fixed length is written at a position, a layer that grows is not.
    #[error(
        "use `update_at` for a layer of fixed length, which is written at a position, and `update` for a layer that grows"
    )]
    Position,
    /// A tensor does not have the dimension.
    #[error("a tensor of {rank} dimensions has no dimension {dim}")]
    Rank {
        /// How many dimensions there are.
        rank: usize,
        /// The dimension, counted from the end when negative.
        dim: i64,
    },
    /// Two tensors cannot be joined.
    #[error("{first} and {second} cannot be joined along dimension {dim}: everything else has to be equal")]
    Join {
        /// The first tensor.
        first: String,
        /// The second.
        second: String,
        /// The dimension, counted from the end when negative.
        dim: i64,
    },
    /// A range of positions is not inside the tensor.
    #[error("{start}..{end} is not inside the {size} positions of the tensor")]
    Range {
        /// The first position.
        start: i64,
        /// The position after the last one.
        end: i64,
        /// How many positions there are.
        size: i64,
    },
    /// The tensor library returned an error.
    #[error("{0}")]
    Tensor(String),
}

/// A tensor that a cache can hold: one that can be joined, narrowed and written along a dimension. Dimensions may be
/// counted from the end.
#[diagnostic::on_unimplemented(
    message = "a cache cannot join `{Self}`s",
    label = "implement `CacheTensor` for this tensor type",
    note = "`TensorMeta` and, with the feature `tch`, `tch::Tensor` implement it"
)]
pub trait CacheTensor: Sized {
    /// The tensor without its data.
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
    /// When the tensors differ in more than their length along `dim`.
    fn cat(&self, other: &Self, dim: i64) -> Result<Self, CacheError>;

    /// The `length` positions of `dim` from `start` on (`torch.narrow`).
    ///
    /// # Errors
    /// When the positions are not inside the tensor.
    fn narrow(&self, dim: i64, start: i64, length: i64) -> Result<Self, CacheError>;

    /// Writes `source` into this tensor along `dim` from `start` on (`index_copy_`).
    ///
    /// # Errors
    /// When the tensors differ in more than their length along `dim`, or the positions are not inside this tensor.
    fn write(&mut self, dim: i64, start: i64, source: &Self) -> Result<(), CacheError>;
}

/// The index of a dimension that may be counted from the end.
fn position(rank: usize, dim: i64) -> Result<usize, CacheError> {
    let from_start = if dim < 0 { dim + rank as i64 } else { dim };
    usize::try_from(from_start).ok().filter(|i| *i < rank).ok_or(CacheError::Rank { rank, dim })
}

/// How many positions `dim` has.
pub(super) fn length<T: CacheTensor>(tensor: &T, dim: i64) -> Result<i64, CacheError> {
    let sizes = tensor.sizes();
    Ok(sizes[position(sizes.len(), dim)?])
}

/// Checks that a range of positions is inside the tensor.
fn part<T: CacheTensor>(tensor: &T, dim: i64, start: i64, length: i64) -> Result<(), CacheError> {
    let (size, end) = (self::length(tensor, dim)?, start.saturating_add(length));
    if start < 0 || length < 0 || end > size { Err(CacheError::Range { start, end, size }) } else { Ok(()) }
}

/// Checks that two tensors differ at most in their length along `dim`, and returns the index of `dim`.
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
        // Torch checks the sizes, so that an export learns from the op which of them have to be equal. It would accept
        // other ranks and dtypes.
        if self.dim() != other.dim() || self.f_kind().ok() != other.f_kind().ok() {
            joinable(self, other, dim)?;
        }
        tch::Tensor::f_cat(&[self, other], dim).map_err(|error| match joinable(self, other, dim) {
            Err(different) => different,
            Ok(_) => CacheError::Tensor(error.to_string()),
        })
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
