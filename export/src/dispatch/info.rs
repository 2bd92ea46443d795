//! What is known of a tensor without its data.

use super::kinds::{DType, Device, Layout};

/// Geometry, element type and place of a tensor: what a program's metadata holds of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TensorInfo {
    /// Element type.
    pub dtype: DType,
    /// Storage layout.
    pub layout: Layout,
    /// Where the data is.
    pub device: Device,
    /// Whether gradients are tracked.
    pub requires_grad: bool,
    /// Whether it is a leaf of the autograd graph: not the result of a differentiated op.
    pub is_leaf: bool,
    /// The first element's place in the storage, in elements.
    pub storage_offset: i64,
    /// The length of each dimension.
    pub sizes: Vec<i64>,
    /// The step of each dimension, in elements; empty when the layout is not strided.
    pub strides: Vec<i64>,
}

impl TensorInfo {
    /// Whether two tensors on one storage are the same elements, read the same way.
    pub fn same_elements(&self, other: &Self) -> bool {
        self.dtype == other.dtype
            && self.layout == other.layout
            && self.storage_offset == other.storage_offset
            && self.sizes == other.sizes
            && self.strides == other.strides
    }
}
