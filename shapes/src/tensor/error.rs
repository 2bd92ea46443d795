//! What a tensor library reports.

use std::error::Error;
use std::sync::Arc;

/// The error of a tensor library, or a text where there is none; `Display` and `source` are those of the error.
///
/// ```
/// use shapes::TensorError;
/// let error = TensorError::new("a tensor of strings has no zeros");
/// assert_eq!(error.to_string(), "a tensor of strings has no zeros");
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct TensorError(Arc<dyn Error + Send + Sync>);

impl TensorError {
    /// Takes an error, or a text.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> TensorError {
        TensorError(Arc::from(error.into()))
    }
}

/// Two errors of the same text are equal.
impl PartialEq for TensorError {
    fn eq(&self, other: &TensorError) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for TensorError {}
