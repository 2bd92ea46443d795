//! Ops by name, and their arguments and results.

mod name;
mod value;

pub use name::{OpName, OpNameError};
pub use value::Value;
