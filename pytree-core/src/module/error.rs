//! Errors of calling a model.

use crate::BindError;
use std::error::Error;

/// A call of a model failed: its arguments do not fit, or its forward returned an error.
///
/// ```
/// use pytree_core::{BindError, DType, ForwardError, Meta, Module, TensorMeta, module};
///
/// struct Square;
///
/// #[module(family = Meta)]
/// impl Square {
///     fn forward(&self, x: &TensorMeta) -> Result<TensorMeta, String> {
///         if x.rank() == 2 { Ok(x.clone()) } else { Err(format!("{x} is not a matrix")) }
///     }
/// }
///
/// let error = Square.call(&Square::args(TensorMeta::new(DType::Float32, [2]))).unwrap_err();
/// assert_eq!(error.to_string(), "the forward returned an error: f32[2] is not a matrix");
/// let error = Square.call(&Square::kwargs()).unwrap_err();
/// assert_eq!(error, BindError::Missing("x".into()));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForwardError {
    /// An argument is missing or given twice.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The forward returned an error.
    #[error("the forward returned an error: {0}")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

impl PartialEq<BindError> for ForwardError {
    fn eq(&self, other: &BindError) -> bool {
        matches!(self, ForwardError::Bind(error) if error == other)
    }
}
