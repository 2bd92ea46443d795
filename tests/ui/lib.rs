//! Types that the cases use from another crate.

use pytree_core::TensorMeta;

/// A layer like `tch::nn::Linear`: it holds tensors but is not a tree.
#[derive(Debug)]
pub struct Linear {
    /// The weight.
    pub ws: TensorMeta,
    /// The bias.
    pub bs: Option<TensorMeta>,
}
