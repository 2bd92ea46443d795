//! Trees that the standard library and `indexmap` already have.

mod containers;
mod scalars;
mod tuples;

#[cfg(feature = "tch")]
pub(crate) use scalars::tensor_leaf;
