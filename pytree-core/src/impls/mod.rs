//! Trees that the standard library and `indexmap` already have.

mod lists;
mod pointers;
mod scalars;
mod tuples;

#[cfg(feature = "tch")]
pub(crate) use scalars::tensor_leaf;
