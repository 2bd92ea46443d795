//! Ops by name, and the values that go into them and come out of them.

mod name;
mod value;

pub use name::{OpName, OpNameError};
pub use value::Value;
