//! Types of the standard library as trees.

mod lists;
mod pointers;
#[cfg(feature = "tch")]
mod recurrent;
mod remote;
mod scalars;
mod tuples;

pub use remote::{Describes, Remote};
#[cfg(feature = "tch")]
pub(crate) use scalars::tensor_leaf;
