//! Tensors as bytes, as a program and its file hold them.

use crate::graph::NodeValue;
use pytree_core::TensorType;
use std::sync::Arc;
use symbolic::Expr;

/// The bytes of a storage (`tensor.untyped_storage()`), in little-endian order. The tensors that view it share them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storage(pub Arc<[u8]>);

impl Storage {
    /// A storage of these bytes.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Storage(bytes.into())
    }

    /// Whether both are the same storage, and not only equal.
    pub fn same(&self, other: &Storage) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
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

    /// The value of a placeholder for this tensor: its type without the data.
    pub fn value(&self) -> NodeValue {
        NodeValue::Tensor(self.tensor.map(|n| Expr::int(*n)))
    }
}
