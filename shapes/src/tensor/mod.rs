//! What the tools need of tensors beyond their description: new ones, and their numbers.

mod error;
mod summary;
#[cfg(feature = "tch")]
mod tch;

pub use error::TensorError;
pub use summary::{Number, TensorSummary};

use pytree_core::{DescribeTensor, Meta, TensorMeta};

/// A family whose tensors can be copied, made empty and resized: what changes or completes inputs asks for it.
///
/// Implemented for [`Meta`], and with the feature `tch` for `Tch`.
#[diagnostic::on_unimplemented(
    message = "tensors of `{Self}` cannot be made or copied",
    label = "inputs are copied, completed and resized in a family that can make tensors",
    note = "implement `MakeTensor` for `{Self}`; it is there for `Meta` and, with the feature `tch`, for `Tch`"
)]
pub trait MakeTensor: DescribeTensor {
    /// A copy that shares nothing with `tensor` (`tensor.clone().detach()`).
    ///
    /// # Errors
    /// The error of the tensor library.
    fn copied(tensor: &Self::Tensor) -> Result<Self::Tensor, TensorError>;

    /// Zeros of these sizes, of the element type and device of `tensor`.
    ///
    /// # Errors
    /// The error of the tensor library.
    fn zeros(tensor: &Self::Tensor, sizes: &[i64]) -> Result<Self::Tensor, TensorError>;

    /// A tensor of these sizes, as many as `tensor` has, filled with its elements: cut where a size is smaller,
    /// repeated from the start where it is larger. No dimension grows from 0.
    ///
    /// # Errors
    /// The error of the tensor library.
    fn tiled(tensor: &Self::Tensor, sizes: &[i64]) -> Result<Self::Tensor, TensorError>;
}

impl MakeTensor for Meta {
    fn copied(tensor: &TensorMeta) -> Result<TensorMeta, TensorError> {
        Ok(tensor.clone())
    }

    fn zeros(tensor: &TensorMeta, sizes: &[i64]) -> Result<TensorMeta, TensorError> {
        Ok(TensorMeta { sizes: sizes.into(), ..tensor.clone() })
    }

    fn tiled(tensor: &TensorMeta, sizes: &[i64]) -> Result<TensorMeta, TensorError> {
        Self::zeros(tensor, sizes)
    }
}

/// A family whose tensors hold numbers that can be read. Implemented with the feature `tch` for `Tch`.
#[diagnostic::on_unimplemented(
    message = "the numbers of `{Self}` tensors cannot be read",
    label = "this asks for tensors that hold data",
    note = "implement `TensorValues` for `{Self}`; it is there for `Tch`, with the feature `tch`: `Meta` has no data"
)]
pub trait TensorValues: DescribeTensor {
    /// The elements in double precision, row by row; complex ones as two numbers each (`view_as_real`).
    ///
    /// # Errors
    /// The error of the tensor library.
    fn values(tensor: &Self::Tensor) -> Result<Vec<f64>, TensorError>;

    /// Range and mean of the elements.
    ///
    /// # Errors
    /// The error of the tensor library.
    fn summary(tensor: &Self::Tensor) -> Result<TensorSummary, TensorError>;
}
