//! Types of the standard library as trees.

mod lists;
mod pointers;
mod scalars;
mod tuples;

#[cfg(feature = "tch")]
pub(crate) use scalars::tensor_leaf;
