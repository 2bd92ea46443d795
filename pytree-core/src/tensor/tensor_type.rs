//! What is known of a tensor without its data.

use super::{DType, Device, Layout};

/// The type of a tensor: everything that is known of it without its data.
///
/// `S` is what a size is: a number, or an expression where sizes have names. Sizes, strides and the offset count elements.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TensorType<S = i64> {
    /// Element type.
    pub dtype: DType,
    /// Sizes, one per dimension.
    pub sizes: Vec<S>,
    /// The step of each dimension; empty when the layout is not strided.
    pub strides: Vec<S>,
    /// The place of the first element in the storage.
    pub storage_offset: S,
    /// Where the tensor lives.
    pub device: Device,
    /// How its elements are stored.
    pub layout: Layout,
    /// Whether gradients are tracked.
    pub requires_grad: bool,
}

impl<S: Clone> TensorType<S> {
    /// The same tensor with other sizes, strides and offset, in that order.
    ///
    /// # Errors
    /// The first error of `f`.
    pub fn try_map<T, E>(&self, mut f: impl FnMut(&S) -> Result<T, E>) -> Result<TensorType<T>, E> {
        Ok(TensorType {
            dtype: self.dtype,
            sizes: self.sizes.iter().map(&mut f).collect::<Result<_, _>>()?,
            strides: self.strides.iter().map(&mut f).collect::<Result<_, _>>()?,
            storage_offset: f(&self.storage_offset)?,
            device: self.device,
            layout: self.layout,
            requires_grad: self.requires_grad,
        })
    }

    /// The same tensor with other sizes, strides and offset, in that order.
    pub fn map<T>(&self, mut f: impl FnMut(&S) -> T) -> TensorType<T> {
        match self.try_map(|size| Ok::<T, std::convert::Infallible>(f(size))) {
            Ok(mapped) => mapped,
            Err(never) => match never {},
        }
    }
}

impl<S: PartialEq> TensorType<S> {
    /// Whether two tensors on one storage are the same elements, read the same way.
    pub fn same_elements(&self, other: &Self) -> bool {
        self.dtype == other.dtype
            && self.layout == other.layout
            && self.storage_offset == other.storage_offset
            && self.sizes == other.sizes
            && self.strides == other.strides
    }
}
