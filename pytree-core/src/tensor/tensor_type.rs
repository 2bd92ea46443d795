//! The type of a tensor: its description in a program.

use super::{DType, Device, Layout};

/// The type of a tensor: everything that a program records of it besides its data.
///
/// `S` is the type of a size: a number, or an expression where sizes have names. Sizes, strides and the offset count
/// elements.
///
/// ```
/// use pytree_core::{DType, TensorType};
/// let x = TensorType::contiguous(DType::Float32, [2, 3, 4]);
/// assert_eq!(x.strides, [12, 4, 1]);
/// assert_eq!(x.map(|size| format!("{size} elements")).sizes[0], "2 elements");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TensorType<S = i64> {
    /// Element type.
    pub dtype: DType,
    /// Sizes, one per dimension.
    pub sizes: Vec<S>,
    /// The strides, one per dimension; empty when the layout is not strided.
    pub strides: Vec<S>,
    /// The position of the first element in the storage.
    pub storage_offset: S,
    /// Where the tensor lives.
    pub device: Device,
    /// How its elements are stored.
    pub layout: Layout,
    /// Whether gradients are tracked.
    pub requires_grad: bool,
}

impl TensorType {
    /// The type of a contiguous CPU tensor of these sizes, without gradients.
    pub fn contiguous(dtype: DType, sizes: impl IntoIterator<Item = i64>) -> Self {
        let sizes: Vec<i64> = sizes.into_iter().collect();
        let mut strides = vec![1_i64; sizes.len()];
        for i in (1..sizes.len()).rev() {
            // PyTorch counts an empty dimension as one of size 1 here. No tensor has as many elements as saturate.
            strides[i - 1] = strides[i].saturating_mul(sizes[i].max(1));
        }
        let (device, layout) = (Device::Cpu, Layout::Strided);
        TensorType { dtype, sizes, strides, storage_offset: 0, device, layout, requires_grad: false }
    }
}

impl<S> TensorType<S> {
    /// The same tensor with `f` applied to its sizes, its strides and its offset, in that order.
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

    /// The same tensor with `f` applied to its sizes, its strides and its offset, in that order.
    pub fn map<T>(&self, mut f: impl FnMut(&S) -> T) -> TensorType<T> {
        match self.try_map(|size| Ok::<T, std::convert::Infallible>(f(size))) {
            Ok(mapped) => mapped,
            Err(never) => match never {},
        }
    }
}

impl<S: PartialEq> TensorType<S> {
    /// Whether two tensors on one storage have the same elements in the same order.
    pub fn same_elements(&self, other: &Self) -> bool {
        self.dtype == other.dtype
            && self.layout == other.layout
            && self.storage_offset == other.storage_offset
            && self.sizes == other.sizes
            && self.strides == other.strides
    }
}
