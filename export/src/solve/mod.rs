//! Finds the expression over the sizes of the inputs that gives an observed integer.

mod basis;
#[allow(dead_code, reason = "used where exports turn floats into expressions of sizes")]
mod float;
#[allow(dead_code, reason = "used where exports turn branches on sizes into guards")]
mod guard;

pub(crate) use basis::Basis;
