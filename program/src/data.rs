//! Tensors as bytes: what a program carries and a file holds.

use crate::graph::NodeValue;
use pytree_core::TensorType;
use std::sync::Arc;
use symbolic::Expr;

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
#[non_exhaustive]
pub struct TensorData {
    /// What is known of the tensor. The bytes are in memory whatever its device says.
    pub tensor: TensorType,
    /// Whether it is a parameter.
    pub is_parameter: bool,
    /// The whole storage.
    pub storage: Storage,
}

impl TensorData {
    /// A tensor that lies on this storage.
    pub fn new(tensor: TensorType, is_parameter: bool, storage: Storage) -> Self {
        TensorData { tensor, is_parameter, storage }
    }

    /// The tensor as a node value: the same facts without the data.
    pub fn value(&self) -> NodeValue {
        NodeValue::Tensor(self.tensor.map(|n| Expr::int(*n)))
    }
}
