//! Tensors with several handles.

use crate::Family;

/// A family whose tensors can have a second handle. `#[module]` requires it when forward takes a tree by value or
/// changes it.
///
/// ```
/// use pytree_core::{DType, Meta, ShareTensor, TensorMeta};
/// let x = TensorMeta::new(DType::Float32, [2]);
/// assert_eq!(Meta::share(&x), x);
/// ```
#[diagnostic::on_unimplemented(
    message = "the tensors of `{Self}` cannot be shared",
    label = "forward takes a tree of this family by value or changes it, while the call keeps the original",
    note = "take it by reference, or implement `ShareTensor` for `{Self}`"
)]
pub trait ShareTensor: Family {
    /// A second handle to the same data (`alias`). No data is copied.
    fn share(tensor: &Self::Tensor) -> Self::Tensor;
}

impl ShareTensor for crate::Meta {
    fn share(tensor: &crate::TensorMeta) -> crate::TensorMeta {
        tensor.clone()
    }
}

#[cfg(feature = "tch")]
impl ShareTensor for crate::Tch {
    fn share(tensor: &tch::Tensor) -> tch::Tensor {
        tensor.shallow_clone()
    }
}
