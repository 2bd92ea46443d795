//! Tensors as bytes: what a program carries and a file holds.

use super::TensorValue;
use pytree_core::{DType, Device};
use std::sync::Arc;

/// The bytes of a storage, native little endian, shared by the tensors that view it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storage(pub Arc<[u8]>);

impl Storage {
    /// A storage of these bytes.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Storage(bytes.into())
    }

    /// Whether both are one storage, not just equal ones.
    pub fn same(&self, other: &Storage) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// A tensor with its data.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorData {
    /// Element type.
    pub dtype: DType,
    /// Sizes, one per dimension.
    pub sizes: Vec<i64>,
    /// Strides in elements, one per dimension.
    pub strides: Vec<i64>,
    /// The offset in the storage, in elements.
    pub storage_offset: i64,
    /// The device the tensor was on; the bytes are in memory whatever it says.
    pub device: Device,
    /// Whether it asks for a gradient.
    pub requires_grad: bool,
    /// Whether it is a parameter.
    pub is_parameter: bool,
    /// The whole storage.
    pub storage: Storage,
}

impl TensorData {
    /// The tensor as a node value: the same facts without the data.
    pub fn value(&self) -> TensorValue {
        let exprs = |v: &[i64]| v.iter().map(|n| shapes::Expr::int(*n)).collect();
        TensorValue {
            dtype: self.dtype,
            sizes: exprs(&self.sizes),
            strides: exprs(&self.strides),
            storage_offset: shapes::Expr::int(self.storage_offset),
            device: self.device,
            layout: crate::dispatch::Layout::Strided,
            requires_grad: self.requires_grad,
        }
    }
}
