//! What the cases take from another crate.

use pytree_core::TensorMeta;

/// A layer, as `tch::nn::Linear` is one: it holds tensors and is no tree.
#[derive(Debug)]
pub struct Linear {
    /// The weight.
    pub ws: TensorMeta,
    /// The bias.
    pub bs: Option<TensorMeta>,
}
